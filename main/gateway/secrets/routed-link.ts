/** A secret's host, and where a guest finds it. */
export interface Route {
  /** Scheme, host and port. */
  readonly origin: string
  /** The same at the gateway, as the guest calls that: paths of the host follow it. */
  readonly url: string
}

/** What a link of an answer leads to for the guest: to the route where it is of the secret's host, and else where it led before. Pure. */
export function routedLink(link: string, base: string, { origin, url }: Route): string {
  const target = URL.parse(link, base)
  return target?.origin === origin ? `${url}${target.pathname}${target.search}${target.hash}` : link
}

/** The same for an address with parts to be filled in, of which a URL would keep no braces. */
export function routedTemplate(template: string, { origin, url }: Route): string {
  const [, start = '', rest = ''] = /^(https:\/\/[^/?#\\]+)(|[/?#].*)$/is.exec(template) ?? []
  return URL.parse(start)?.origin === origin ? `${url}${rest}` : template
}
