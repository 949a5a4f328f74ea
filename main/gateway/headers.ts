/** Of one connection only (RFC 9110, 7.6.1), or for the proxy itself. */
const hopByHop = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'],
])

/** The headers to pass on, name and value by turns as Node gives and takes them, without those of this connection and the named ones. */
export function passedOn(rawHeaders: readonly string[], without: readonly string[] = []): string[] {
  const pairs = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[2 * index] ?? '', rawHeaders[2 * index + 1] ?? ''] as const,
  )
  const dropped = new Set([...hopByHop, ...without])
  for (const [name, value] of pairs) {
    if (name.toLowerCase() === 'connection')
      for (const named of value.split(',')) dropped.add(named.trim().toLowerCase())
  }
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}
