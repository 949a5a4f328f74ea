/** The last call for each key in this process; the next one waits for it. */
const lasts = new Map<string, Promise<unknown>>()

/** Runs the actions of one key one after the other, in the order of the calls. */
export async function inTurn<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
  const before = lasts.get(key)
  const turn = (async () => {
    await before?.catch(() => undefined) // Its own caller hears of it.
    return await action()
  })()
  lasts.set(key, turn)
  try {
    return await turn
  } finally {
    if (lasts.get(key) === turn) lasts.delete(key)
  }
}
