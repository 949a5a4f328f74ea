import { z } from 'zod'
import type { Selection } from '../../core/merge/merge.ts'
import type { JobInput, JobName, JobOutput } from '../../worker/jobs.ts'
import { runJob } from '../../worker/run-job.ts'
import { pathList } from '../run/ask-worker.ts'

/*
 * What a person looks at of a task's work, asked of a worker process as in `ask-worker.ts`. These answers are only shown: of their
 * shape that is checked on which our own code relies, and the rest goes to the client as it came.
 */

const commits = z.array(z.looseObject({ id: z.string() }))
const files = z.array(z.looseObject({ path: z.string(), status: z.string() }))
const onBranch = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('merged'), result: files }),
  pathList.extend({ kind: z.literal('conflicts') }),
  z.object({ kind: z.literal('impossible'), why: z.enum(['branch_gone', 'merge_commits']) }),
])
const livingWork = z.object({ commit: z.string().regex(/^[0-9a-f]{40,64}$/), notes: z.array(z.string()) })
const fileDiff = z.looseObject({ kind: z.string() })
const conflictsView = z.looseObject({
  settled: z.boolean(),
  problem: z.string().nullable(),
  commits: z.array(
    z.looseObject({ id: z.string(), files: z.array(z.looseObject({ conflict: z.looseObject({ path: z.string() }) })) }),
  ),
  stale: z.array(z.unknown()),
})

/** The shape as far as it is checked, taken for the whole. */
const shown = <Name extends JobName>(schema: z.ZodType): z.ZodType<JobOutput<Name>, unknown> =>
  schema as z.ZodType<JobOutput<Name>, unknown>

export const lookAtWork = (request: JobInput<'look'>, task: string): Promise<JobOutput<'look'>> =>
  runJob('look', request, { answer: shown<'look'>(z.object({ commits, files, onBranch })), task })

export const diffOfWork = (request: JobInput<'diff-of-work'>, task: string): Promise<JobOutput<'diff-of-work'>> =>
  runJob('diff-of-work', request, { answer: shown<'diff-of-work'>(fileDiff), task })

export const commitOfWork = (request: JobInput<'commit-of-work'>, task: string): Promise<JobOutput<'commit-of-work'>> =>
  runJob('commit-of-work', request, { answer: shown<'commit-of-work'>(z.object({ message: z.string(), files })), task })

export const changesInRange = (
  request: JobInput<'changes'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'changes'>> =>
  runJob('changes', request, { answer: shown<'changes'>(z.object({ commits, files })), task }, signal)

export const diffInRange = (request: JobInput<'diff'>, task: string, signal: AbortSignal): Promise<JobOutput<'diff'>> =>
  runJob('diff', request, { answer: shown<'diff'>(fileDiff.nullable()), task }, signal)

/** What a clone holds while its agent works; see `readLivingClone`. */
export const readLivingClone = (
  request: JobInput<'living-clone'>,
  signal: AbortSignal,
): Promise<JobOutput<'living-clone'>> =>
  runJob('living-clone', request, { answer: livingWork, task: request.taskId }, signal)

/** The same of one at a place, from what came of it; see `readToldClone`. */
export const readToldClone = (request: JobInput<'told-clone'>, signal: AbortSignal): Promise<JobOutput<'told-clone'>> =>
  runJob('told-clone', request, { answer: livingWork, task: request.taskId }, signal)

export const readPatch = (request: JobInput<'patch'>, task: string, signal: AbortSignal): Promise<JobOutput<'patch'>> =>
  runJob(
    'patch',
    request,
    {
      answer: shown<'patch'>(z.object({ commits, files, patch: z.string(), without: z.int(), unusual: pathList })),
      task,
    },
    signal,
  )

export const inspectConflicts = (request: JobInput<'conflicts'>, task: string): Promise<JobOutput<'conflicts'>> =>
  runJob('conflicts', request, {
    answer: shown<'conflicts'>(z.object({ view: conflictsView, opened: fileDiff.nullable() })),
    task,
  })

export const readSubjects = (request: JobInput<'subjects'>, task: string): Promise<JobOutput<'subjects'>> =>
  runJob('subjects', request, { answer: z.array(z.string()), task })

const selectionSchema: z.ZodType<Selection, unknown> = z.object({
  only: z.array(z.string()).exactOptional(),
  messages: z.record(z.string(), z.string()).exactOptional(),
})

/** Undefined when it takes all commits as they are. */
export const expandSelection = async (
  request: JobInput<'expand-selection'>,
  task: string,
): Promise<Selection | undefined> =>
  (await runJob('expand-selection', request, { answer: selectionSchema.nullable(), task })) ?? undefined
