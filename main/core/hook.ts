/** What a hook can be told of: how a task ended, that its agent waits to be told more, or that something became of its pull request. */
export const hookKinds = ['merged', 'unchanged', 'needs-you', 'failed', 'idle', 'pull-request'] as const
export type HookKind = (typeof hookKinds)[number]

/** Whom a hook tells, outside this program. */
export type HookTarget =
  /** A POST of JSON, signed as https://www.standardwebhooks.com says; `secret` is `whsec_` and base64. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  /** An incoming webhook of Slack, or of whatever takes the same. The URL is a secret. */
  | { readonly kind: 'slack'; readonly url: string }
  /** A topic of ntfy, as `https://ntfy.sh/TOPIC`. */
  | { readonly kind: 'ntfy'; readonly url: string; readonly token: string | null }
  /** A line for the user's shell; what it is told comes by its standard input. */
  | { readonly kind: 'command'; readonly command: string }

export interface Hook {
  readonly name: string
  readonly on: readonly HookKind[]
  /** Aliases; null for all repositories. */
  readonly repositories: readonly string[] | null
  /** It is told of what happened since then; ISO 8601, UTC. */
  readonly added: string
  readonly target: HookTarget
}

export const hookNamePattern = /^[a-z0-9][a-z0-9-]{0,30}$/

/** What is wrong with the address for a target of this kind, one sentence without an end; null when nothing is. */
export function hookUrlProblem(kind: 'webhook' | 'slack' | 'ntfy', text: string): string | null {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return 'The address must be a URL with http or https'
  if (url.username !== '' || url.password !== '') return 'The address must hold no user and no password'
  if (text.length > 2_000) return 'The address has more than 2000 characters'
  if (kind === 'ntfy' && !/^\/(?:.*\/)?[A-Za-z0-9_-]{1,64}$/.test(url.pathname))
    return 'The address must end with a topic of ntfy, as https://ntfy.sh/TOPIC'
  return null
}
