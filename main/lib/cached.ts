/**
 * What `look` told, looked for again by the first who asks more than `ms` milliseconds after the last look began; who asks meanwhile
 * shares that look. One that fails is not remembered.
 */
export function remembered<Value>(look: () => Promise<Value>, ms: number): () => Promise<Value> {
  let last: { readonly since: number; readonly value: Promise<Value> } | undefined
  return () => {
    const now = performance.now()
    if (last && now - last.since < ms) return last.value
    const fresh = { since: now, value: look() }
    fresh.value.catch(() => {
      if (last === fresh) last = undefined
    })
    last = fresh
    return fresh.value
  }
}
