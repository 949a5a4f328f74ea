/**
 * Values that cross between processes, as text. Electron clones structurally; this carries plain data and refuses the rest, so that
 * nothing passes here that would not pass there. `undefined` survives, as it does in a clone. Also used as source text in pages.
 */
export function encode(value: unknown): string {
  const check = (part: unknown, depth: number): unknown => {
    if (depth > 100) throw new Error('An object could not be cloned.')
    if (part === undefined) return { $: 'undefined' }
    if (part === null || typeof part === 'string' || typeof part === 'boolean') return part
    if (typeof part === 'number' && Number.isFinite(part)) return part
    if (Array.isArray(part)) return part.map((item) => check(item, depth + 1))
    const prototype: unknown = typeof part === 'object' ? Object.getPrototypeOf(part) : undefined
    if (typeof part !== 'object' || (prototype !== null && Object.getPrototypeOf(prototype) !== null))
      throw new Error('An object could not be cloned.')
    return { o: Object.entries(part).map(([key, item]) => [key, check(item, depth + 1)]) }
  }
  return JSON.stringify(check(value, 0))
}

export function decode(text: string): unknown {
  const read = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part
    if (Array.isArray(part)) return part.map(read)
    if ('$' in part) return undefined
    const { o } = part as { o: [string, unknown][] }
    return Object.fromEntries(o.map(([key, item]) => [key, read(item)]))
  }
  return JSON.parse(text) === null ? null : read(JSON.parse(text))
}
