import { write, writeSync } from 'node:fs'

export interface SteadyOutput {
  /** Never throws and never waits: what cannot be written is left out and counted. */
  write(text: string): void
}

export interface SteadyOptions {
  /** Characters that may wait for a reader that stands still; what comes then is left out. */
  readonly waitingLimit?: number
  /** What is written once there is room again, for so many texts that were left out. */
  readonly gapText?: (leftOut: number) => string
}

/** A pipe of someone else's may be set not to block: then a full one is asked again after so long. */
const retryMs = 100
/** A write that has lasted so long at the exit is taken for one that never returns. */
const stuckMs = 1_000

/**
 * A descriptor such as 2 as the place for a log that must not end its program: a reader that went away (EPIPE), a terminal that was
 * closed (EIO), a full disk (ENOSPC), and one that reads no more cost the lines that were meant for it, and nothing else. Each text
 * is tried once, so that a descriptor that is gone for good costs no more than one that works, and one that comes back is used again.
 */
export function steadyOutput(descriptor: number, options: SteadyOptions = {}): SteadyOutput {
  const { waitingLimit = 1024 * 1024, gapText } = options
  const waiting: string[] = []
  let waitingSize = 0
  let leftOut = 0
  let current: { rest: Buffer; readonly since: number } | undefined

  const next = (): void => {
    const text = waiting.shift()
    if (text === undefined) {
      current = undefined
      return
    }
    waitingSize -= text.length
    current = { rest: Buffer.from(text), since: performance.now() }
    writeRest()
  }
  const writeRest = (): void => {
    if (!current) return
    const { rest } = current
    write(descriptor, rest, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(writeRest, retryMs).unref()
        return
      }
      if (error) leftOut += 1
      else if (current && written < rest.length) {
        current.rest = rest.subarray(written)
        return writeRest()
      } else tellGap()
      next()
    })
  }
  const tellGap = (): void => {
    if (leftOut === 0 || !gapText) return
    const text = gapText(leftOut)
    leftOut = 0
    waiting.unshift(text)
    waitingSize += text.length
  }

  process.once('exit', () => {
    if (current && performance.now() - current.since > stuckMs) {
      // Node waits at its exit for a write that is under way, and this one may never return.
      process.kill(process.pid, 'SIGKILL')
      return
    }
    try {
      for (const text of waiting) writeSync(descriptor, text)
    } catch {
      // The last lines of a log that no one can be given.
    }
  })
  return {
    write: (text) => {
      if (waitingSize + text.length > waitingLimit) {
        leftOut += 1
        return
      }
      waiting.push(text)
      waitingSize += text.length
      if (!current) next()
    },
  }
}
