import type { Transform } from 'node:stream'
import type { GatewaySecret } from '../../core/network/secret.ts'
import { isCargoConfig, routedCargoConfig } from './cargo-index.ts'
import { isNarInfo, routedNarInfo } from './nar-info.ts'
import { replacing } from './replace-text.ts'
import type { Route } from './routed-link.ts'
import { changingWhole } from './whole-text.ts'

/** Pages of an index of pip's, whose links may name their host. */
const isIndex = /^(text\/html|application\/vnd\.pypi\.simple\.v1\+(html|json))\b/

/** Of any registry or path of nix; real ones have some hundred bytes, and those of many references some thousand. */
const mostBytes = 1024 * 1024

/** What leads the links of an answer that a tool follows to the route; null for every other answer. */
export function linksToRoute(
  secret: GatewaySecret,
  { target, type }: { readonly target: string; readonly type: string },
  route: Route,
): Transform | null {
  if (isCargoConfig(secret, target)) return changingWhole((text) => routedCargoConfig(text, route), mostBytes)
  if (isNarInfo(secret, target)) return changingWhole((text) => routedNarInfo(text, route), mostBytes)
  if (secret.tools.includes('pip') && isIndex.test(type)) return replacing([[`${secret.origin}/`, `${route.url}/`]])
  return null
}
