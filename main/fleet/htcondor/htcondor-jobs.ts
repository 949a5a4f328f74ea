import { z } from 'zod'
import { nodeNamePattern, seatPattern } from '../../core/task/task-place.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import type { JobState } from '../engine.ts'

export interface HtcondorJob {
  readonly id: string
  readonly state: JobState
}

const text = z.string().optional()

/** What of a job is asked for. https://htcondor.readthedocs.io/en/latest/classad-attributes/job-classad-attributes.html */
const jobSchema = z.object({
  ClusterId: z.int().positive(),
  ProcId: z.int().nonnegative(),
  MvoTask: z.string().regex(seatPattern),
  JobStatus: z.int(),
  /** How often HTCondor went to begin it. */
  NumShadowStarts: z.int().optional(),
  /** `SLOT@NODE`, for as long as it has one. */
  RemoteHost: text,
  /** The node that it was matched with last. */
  MachineAttrMachine0: text,
  LastRejMatchReason: text,
  HoldReason: text,
  LastHoldReason: text,
  RemoveReason: text,
  VacateReason: text,
  ExitBySignal: z.boolean().optional(),
  ExitCode: z.int().optional(),
  ExitSignal: z.int().optional(),
})
type JobAd = z.infer<typeof jobSchema>

export const jobAttributes: readonly string[] = Object.keys(jobSchema.shape)

/** The newest job of each seat of a home, from what `condor_q -json` prints. Anything else there is passed over. Pure. */
export function parseJobs(printed: string, home: string): ReadonlyMap<string, HtcondorJob> {
  const jobs = new Map<string, HtcondorJob>()
  const newest = new Map<string, number>()
  for (const each of listIn(printed)) {
    const ad = jobSchema.safeParse(each).data
    if (!ad?.MvoTask.startsWith(`${home}-`) || (newest.get(ad.MvoTask) ?? 0) > ad.ClusterId) continue
    newest.set(ad.MvoTask, ad.ClusterId)
    jobs.set(ad.MvoTask, { id: `${ad.ClusterId}.${ad.ProcId}`, state: stateOf(ad) })
  }
  return jobs
}

/** Nothing is printed for no jobs, and a login shell may print something of its own before them. */
function listIn(printed: string): readonly unknown[] {
  const list = parsedJson(/^\[$.*^\]$/ms.exec(printed)?.[0] ?? '[]')
  return Array.isArray(list) ? list : []
}

const status = { idle: 1, running: 2, removed: 3, completed: 4, held: 5, transferring: 6, suspended: 7 } as const

function stateOf(ad: JobAd): JobState {
  const hasBegun = (ad.NumShadowStarts ?? 0) > 0
  const isEnding = ad.RemoteHost !== undefined
  switch (ad.JobStatus) {
    case status.running:
      return { kind: 'running', node: nodeOf(ad) }
    case status.idle:
      // It is not begun a second time: HTCondor removes it soon.
      return hasBegun ? cut(ad, 'it was to be begun anew') : waits(ad.LastRejMatchReason?.trim() || 'idle')
    case status.held:
      if (!hasBegun) return waits(`held: ${ad.HoldReason ?? ''}`)
      return isEnding ? waits('an earlier job is ending (held)') : cut(ad, 'held')
    case status.removed:
      if (isEnding) return waits('an earlier job is ending (removed)')
      return isByPerson(ad) ? ended(ad, `removed ${ad.RemoveReason}`, 'cancelled') : cut(ad, 'removed')
    case status.completed:
      if (ad.ExitBySignal === true) return ended(ad, `ended by signal ${ad.ExitSignal ?? ''}`, 'cut')
      return ad.ExitCode === 0
        ? ended(ad, 'completed', 'done')
        : ended(ad, `ended with status ${ad.ExitCode ?? ''}`, 'cut')
    case status.transferring:
      return waits('an earlier job is ending (transferring output)')
    case status.suspended:
      return waits('suspended')
    default:
      return waits(`job status ${ad.JobStatus}`)
  }
}

/** `via condor_rm (by user NAME)`. What the job's own terms removed says something else. */
const isByPerson = ({ RemoveReason }: JobAd): boolean => RemoveReason?.startsWith('via condor_rm') ?? false

/** HTCondor has several words for the end of a job that it cut off; the first of them is the cause. */
const cut = (ad: JobAd, otherwise: string): JobState => {
  const { VacateReason, HoldReason, LastHoldReason, RemoveReason } = ad
  return ended(ad, VacateReason || HoldReason || LastHoldReason || RemoveReason || otherwise, 'cut')
}

const waits = (why: string): JobState => ({ kind: 'queued', why: words(why) })

const ended = (ad: JobAd, how: string, end: 'done' | 'cancelled' | 'cut'): JobState => ({
  ...{ kind: 'ended', how: words(how), node: nodeOf(ad), end },
})

function nodeOf({ MachineAttrMachine0, RemoteHost }: JobAd): string {
  const node = MachineAttrMachine0 ?? RemoteHost?.split('@').at(-1) ?? ''
  return nodeNamePattern.test(node) ? node : ''
}

const words = (said: string): string => singleLineText(said).slice(0, 200)
