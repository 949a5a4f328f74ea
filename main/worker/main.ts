import { unlinkSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { onPublishing } from '../git/publish/publishing.ts'
import { endWithParent } from './end-with-parent.ts'
import { type JobName, jobs } from './jobs.ts'
import { errorThatCame, errorToSend, type FromWorker, type ToWorker } from './messages.ts'
import { warmUp } from './warm-up.ts'

/**
 * The process that reads what a guest left. It serves one task, answers on descriptor 3, leads a session of its own, and ends
 * with its standard input: the parent that closes it wants nothing more of it.
 */
const answers = new Socket({ fd: 3, readable: false, writable: true })
answers.on('error', () => undefined) // No one reads any more: the end of the input tells.
const say = (message: FromWorker): void => void answers.write(`${JSON.stringify(message)}\n`)

/** A branch that is being moved when the orchestrator dies is moved to the end, in this time. */
const publishMs = 30_000

let underWay: { readonly abort: AbortController; readonly attempt: string | undefined } | undefined
let isPublishing = false
let isAlone = false
const jobCame = new AbortController()

sacrifice()
endWithParent(publishMs + 5_000)
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line) as ToWorker
    if (message.kind === 'abort') underWay?.abort.abort(errorThatCame(message.reason))
    else void work(message)
  })
  .once('close', () => {
    isAlone = true
    if (isPublishing) setTimeout(leave, publishMs)
    else leave()
  })

/** Nothing of it may be heard: a job waits until it is over, and is told of as it publishes from then on. */
const warm = warmUp(jobCame.signal).then(() =>
  onPublishing((now) => {
    isPublishing = now
    say({ kind: 'publishing', isPublishing: now })
    if (isAlone && !now) leave()
  }),
)

async function work({ name, input, attempt }: Extract<ToWorker, { kind: 'job' }>): Promise<void> {
  const abort = new AbortController()
  underWay = { abort, attempt }
  jobCame.abort()
  try {
    await warm
    // The orchestrator is of the same version, and its table of jobs is this one.
    const job = jobs[name as JobName] as (input: unknown, signal: AbortSignal) => Promise<unknown>
    const output = await job(input, abort.signal)
    underWay = undefined
    say({ kind: 'answer', output })
  } catch (error) {
    underWay = undefined
    say({ kind: 'failed', error: errorToSend(error) })
  }
}

/** Ends this process and all that it started. */
function leave(): void {
  if (underWay?.attempt !== undefined) {
    try {
      unlinkSync(underWay.attempt)
    } catch {
      // It counts as a try then, of which there is a second one.
    }
  }
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.exit() // It leads no group: someone started it by hand.
  }
}

/** Has a kernel that is out of memory end this process and its children before the orchestrator. */
function sacrifice(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500')
  } catch {
    // There is no such file here.
  }
}
