/** What the journal calls the server of a URL, with the usual port of its scheme where it names none. Pure. */
export const hostAndPort = ({ hostname, port, protocol }: URL): { readonly host: string; readonly port: number } => ({
  host: hostname,
  port: Number(port) || (protocol === 'https:' ? 443 : 80),
})
