import { seatPattern } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import type { JobEnd, JobState } from '../engine.ts'

/** What a job is called in the queue: who may look there learns a home's and a task's id, and nothing else. */
const prefix = 'mvo-'
export const jobName = (seat: string): string => `${prefix}${seat}`

/** What `squeue` is asked for, one job a line. */
export const jobFormat = '%i|%j|%T|%N|%r'

export interface SlurmJob {
  readonly id: string
  readonly state: JobState
}

/** States in which a job has no node, or is to have one again. https://slurm.schedmd.com/job_state_codes.html */
const waiting = new Set(['PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SUSPENDED', 'STOPPED'])
/** What it ran is being ended: no further job of the seat may begin before. */
const ending = new Set(['COMPLETING', 'STAGE_OUT', 'SIGNALING'])

/** NODE_FAIL, TIMEOUT, PREEMPTED, OUT_OF_MEMORY, FAILED and whatever a later Slurm may say cut it off. */
const ends: ReadonlyMap<string, JobEnd> = new Map([
  ['COMPLETED', 'done'],
  ['CANCELLED', 'cancelled'],
])

const mostWords = 200

/** The newest job of each seat of a home, from the lines of `squeue`. Lines of anything else are passed over. Pure. */
export function parseJobs(text: string, home: string): ReadonlyMap<string, SlurmJob> {
  const jobs = new Map<string, SlurmJob>()
  for (const line of text.split('\n')) {
    const [id = '', name = '', state = '', node = '', ...reason] = line.split('|')
    const seat = name.slice(prefix.length)
    if (!/^\d{1,18}$/.test(id) || name !== jobName(seat) || !seatPattern.test(seat) || !seat.startsWith(`${home}-`))
      continue
    if (Number(jobs.get(seat)?.id ?? -1) > Number(id)) continue
    jobs.set(seat, { id, state: stateOf(state, node, reason.join('|')) })
  }
  return jobs
}

function stateOf(state: string, node: string, reason: string): JobState {
  const why = words(reason)
  if (state === 'RUNNING') return { kind: 'running', node }
  if (waiting.has(state)) return { kind: 'queued', why: why || words(state) }
  if (ending.has(state)) return { kind: 'queued', why: `an earlier job is ending (${words(state)})` }
  return { kind: 'ended', how: words(why ? `${state} (${why})` : state), node, end: ends.get(state) ?? 'cut' }
}

/** `None` is Slurm's word for no reason. */
const words = (text: string): string => (text === 'None' ? '' : singleLineText(text).slice(0, mostWords))
