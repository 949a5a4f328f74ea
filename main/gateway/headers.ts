/**
 * Of one connection only (RFC 9110, 7.6.1), for the proxy itself, or of how a message is delimited: a program that sends a message on
 * writes these itself.
 */
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'proxy-status'],
  ...['te', 'trailer', 'transfer-encoding', 'content-length', 'upgrade', 'expect', 'http2-settings'],
])

/** What the API is given of a request: how to read it, who asks, and which features of the API it uses. Everything else stays behind. */
const toldToApi = [
  /^(accept|accept-encoding|accept-language|content-type|user-agent)$/,
  /^(anthropic|x-stainless|x-claude)-[a-z0-9-]+$/,
  /^(x-app|x-client-request-id|x-request-id)$/,
] as const

/** How a guest that has a key shows it. */
const credentials = /^(authorization|x-api-key)$/

/** The headers to pass on, name and value by turns as Node gives and takes them, without those of this connection and the named ones. */
export function passedOn(rawHeaders: readonly string[], without: readonly string[] = []): string[] {
  const pairs = pairsOf(rawHeaders)
  const dropped = new Set([...hopByHop, ...without])
  for (const [name, value] of pairs) {
    if (name.toLowerCase() === 'connection')
      for (const named of value.split(',')) dropped.add(named.trim().toLowerCase())
  }
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}

/** The headers of a guest's request that the API gets: only listed ones, each name in one line. */
export function passedToApi(rawHeaders: readonly string[], guestHasKey: boolean): string[] {
  return listedOnce(rawHeaders, guestHasKey ? [...toldToApi, credentials] : toldToApi)
}

function listedOnce(
  rawHeaders: readonly string[],
  listed: readonly RegExp[],
  without: readonly string[] = [],
): string[] {
  const kept = new Map<string, readonly [string, string]>()
  for (const pair of pairsOf(rawHeaders)) {
    const name = pair[0].toLowerCase()
    if (without.includes(name) || !listed.some((pattern) => pattern.test(name))) continue
    const before = kept.get(name)
    if (!before) kept.set(name, pair)
    // A client of a registry of images has a line for each type; one line with all says the same.
    else if (name === 'accept') kept.set(name, [before[0], `${before[1]}, ${pair[1]}`])
  }
  return [...kept.values()].flat()
}

/**
 * What the host of a secret is given of a request: what is asked for and in which form, and nothing that shows another account, has a
 * server take the method or the path for another one, or asks for a part of an answer, which could part a secret that is in it.
 */
const toldWithSecret = [
  /^(accept|accept-language|content-type|content-encoding|user-agent|cache-control|pragma)$/,
  /^(git-protocol|if-match|if-none-match|if-modified-since|if-unmodified-since|idempotency-key|cargo-protocol)$/,
  /^([a-z0-9]+-)*version$/,
] as const

/** The headers of a guest's request that the host of a secret gets: only listed ones, each name in one line, and not the secret's. */
export function passedWithSecret(rawHeaders: readonly string[], secretHeader: string): string[] {
  return listedOnce(rawHeaders, toldWithSecret, [secretHeader.toLowerCase()])
}

const pairsOf = (rawHeaders: readonly string[]) =>
  Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[2 * index] ?? '', rawHeaders[2 * index + 1] ?? ''] as const,
  )
