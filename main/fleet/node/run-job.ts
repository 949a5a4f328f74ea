import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type StartedChild, startChild } from '../../lib/processes/start-child.ts'
import { makeSeat, type SeatFiles } from './seat-files.ts'

/** What an engine sends some time before a job reaches its limit. */
export const limitSignal = 'SIGUSR2'
/** What an engine ends a job with, and the notice before it. */
const passedOn = [limitSignal, 'SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** A keeper that ends so often by itself is given up; the seat keeps what it has for the next job. */
const mostKeepers = 5
const pauseMs = 1_000

/**
 * The job of an engine: a keeper, followed by another one where it dies, which adopts the machine that the job still has. @returns the exit status:
 * 0 when the keeper had nothing more to do.
 * @param self what starts this program, without a verb.
 */
export async function runJob(files: SeatFiles, self: readonly [string, ...string[]]): Promise<number> {
  let keeper: StartedChild | undefined
  let isEnding = false
  for (const signal of passedOn)
    process.on(signal, () => {
      isEnding = true
      keeper?.signal(signal)
    })
  for (let count = 1; ; count += 1) {
    await makeSeat(files)
    await using log = await open(files.keeperLog, 'a', 0o600)
    const [file, ...args] = self
    keeper = startChild(file, [...args, 'keep', files.seat], { cwd: '/', stdio: ['ignore', log.fd, log.fd] })
    const status = await keeper.ended
    if (status === 0) return 0
    if (isEnding || count === mostKeepers) return 1
    await sleep(pauseMs)
  }
}
