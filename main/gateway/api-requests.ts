/** A request that Claude Code makes of the API while it works. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** With its question mark, or empty. */
  readonly query: string
}

/**
 * Not the rest of `/v1/`: with the user's key that holds files and batches of the user's other work. The path must be written in its
 * plain form: what would have to be decoded, resolved or shortened first is no path of this list.
 */
const listed: readonly { readonly method: ApiRequest['method']; readonly path: RegExp }[] = [
  { method: 'POST', path: /^\/v1\/messages$/ },
  { method: 'POST', path: /^\/v1\/messages\/count_tokens$/ },
  { method: 'GET', path: /^\/v1\/models$/ },
  { method: 'GET', path: /^\/v1\/models\/[A-Za-z0-9][A-Za-z0-9_.:-]*$/ },
]

const plainQuery = /^(\?[A-Za-z0-9_.=&-]*)?$/

/** The request if it is a listed one; undefined for every other. Pure. */
export function listedRequest(method: string | undefined, target: string | undefined): ApiRequest | undefined {
  const at = target?.indexOf('?') ?? -1
  const path = at < 0 ? target : target?.slice(0, at)
  const query = at < 0 ? '' : (target?.slice(at) ?? '')
  const entry = listed.find((each) => each.method === method && path !== undefined && each.path.test(path))
  return entry && path !== undefined && plainQuery.test(query) ? { method: entry.method, path, query } : undefined
}
