import type { Reach } from './attack.ts'

/** Where the services listen that no guest may reach, and the one that it may. */
export interface ProbePorts {
  readonly tcp: number
  readonly udp: number
  /** 0 where this host has no IPv6. */
  readonly ipv6: number
  readonly mcp: number
  /** What the guest is given, as `address:port`; undefined on a naive host, which gives everything. */
  readonly control?: string
}

const said = 'red team reached: '
const control = 'control'

/** A shell script, for any shell, that tries each and says on its output which got through. */
export function probeScript(attacks: readonly Reach[], ports: ProbePorts): string {
  const attempts: (readonly [name: string, probe: string])[] = attacks.map(({ name, probe }) => [name, probe])
  if (ports.control !== undefined) {
    attempts.unshift([control, `busybox nc -w 20 ${ports.control.replace(':', ' ')} </dev/null`])
  }
  return `
export HOST_PORT=${ports.tcp} UDP_PORT=${ports.udp} IPV6_PORT=${ports.ipv6} MCP_PORT=${ports.mcp}
PATH=$PATH:/bin:/sbin
busybox ip link set eth0 up
busybox ip addr add 10.0.2.15/24 dev eth0 2>/dev/null
busybox ip route add default via 10.0.2.2 dev eth0 2>/dev/null
try() { answer=$(eval "$2" 2>/dev/null | head -c 100); if [ -n "$answer" ]; then echo "${said}$1"; fi; }
${attempts.map(([name, probe]) => `try ${name} ${quoted(probe)} &`).join('\n')}
wait
`
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** The names that got through, and whether the one that may did, from what the script said. */
export function reachedBy(output: string): { readonly names: ReadonlySet<string>; readonly works: boolean } {
  const lines = output.split(/\r?\n/).filter((line) => line.startsWith(said))
  const names = new Set(lines.map((line) => line.slice(said.length)))
  return { names, works: names.delete(control) }
}
