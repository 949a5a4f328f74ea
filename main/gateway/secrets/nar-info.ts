import type { GatewaySecret } from '../../core/network/secret.ts'
import { type Route, routedTemplate } from './routed-link.ts'

/** https://nix.dev/manual/nix/latest/protocols/nix-archive/ describes what one of these leads to; they lie at the root of a cache. */
export const isNarInfo = ({ tools }: GatewaySecret, target: string): boolean =>
  tools.includes('nix') && /\/[a-z0-9]{32}\.narinfo$/.test(target)

/** What a cache says of a path, with its archive at the route where it names the host. The signature does not cover where that is. Pure. */
export const routedNarInfo = (text: string, route: Route): string =>
  text.replace(/^(URL: *)(\S+)/m, (_line, name: string, url: string) => `${name}${routedTemplate(url, route)}`)
