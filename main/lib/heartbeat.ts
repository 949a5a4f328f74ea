/** Says that something is still at work whenever nothing was said for a while. */
export interface Heartbeat extends Disposable {
  /** What is at work from now on; the seconds are counted from here. */
  now(what: string): void
}

const everyMs = 8_000

/** A person who waits should never look at a line that stands still for more than ten seconds. */
export function startHeartbeat(say: (line: string) => void, pauseMs = everyMs): Heartbeat {
  let timer: NodeJS.Timeout | undefined
  const stop = () => clearInterval(timer)
  return {
    now(what) {
      stop()
      const since = performance.now()
      timer = setInterval(() => say(`${what} (${Math.round((performance.now() - since) / 1000)} s)`), pauseMs)
    },
    [Symbol.dispose]: stop,
  }
}
