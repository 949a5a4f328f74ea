import type { Forge, ForgeKind } from '../../core/pull-request.ts'
import { unreachable } from '../../core/unreachable.ts'
import { hostIn, isLoopback } from '../../lib/addresses.ts'

type Address = Pick<Forge, 'api' | 'git' | 'project'>

/**
 * What the address of a remote says of its forge, whatever git reaches it by; a text that says why it is none. Pure.
 * @param api the user's own word for where the API is.
 */
export function forgeAddress(kind: ForgeKind, remote: string, api?: string): Address | string {
  const place = placeOf(remote)
  if (place === null) return 'The remote is no address on the web, such as https://github.com/OWNER/NAME.git'
  const { origin, host, path } = place
  const project = path
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
  const parts = project.split('/')
  const isWhole = kind === 'gitlab' ? parts.length >= 2 : parts.length === 2
  if (!isWhole || !parts.every((part) => /^[A-Za-z0-9_.-]{1,100}$/.test(part) && !/^\.+$/.test(part)))
    return 'The remote names no OWNER/NAME'
  const chosen = api === undefined ? usualApi(kind, origin, host) : URL.parse(api)?.href
  const url = chosen === undefined ? null : URL.parse(chosen)
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'The address of the API is no plain URL, such as https://git.example.org/api/v3'
  const isPlain = [url, new URL(origin)].find((each) => !isSafe(each))
  if (isPlain) return `A credential is not sent to ${isPlain.host} without https`
  return { api: url.href.replace(/\/+$/, ''), git: `${origin}/${project}.git`, project }
}

/** To another machine a credential goes encrypted alone. */
const isSafe = (url: URL): boolean => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(hostIn(url)))

function placeOf(remote: string): { readonly origin: string; readonly host: string; readonly path: string } | null {
  const short = /^(?:[^@/:]+@)?([A-Za-z0-9.-]+):(?!\/\/)(.+)$/.exec(remote)
  if (short?.[1] && short[2]) return { origin: `https://${short[1]}`, host: short[1], path: short[2] }
  const url = URL.parse(remote)
  if (url === null) return null
  // Of ssh the port says nothing of the web's.
  if (url.protocol === 'ssh:') return { origin: `https://${url.hostname}`, host: url.hostname, path: url.pathname }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  return { origin: `${url.protocol}//${url.host}`, host: url.hostname, path: url.pathname }
}

function usualApi(kind: ForgeKind, origin: string, host: string): string {
  switch (kind) {
    case 'github':
      return host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`
    case 'gitlab':
      return `${origin}/api/v4`
    case 'gitea':
      return `${origin}/api/v1`
    default:
      return unreachable(kind)
  }
}
