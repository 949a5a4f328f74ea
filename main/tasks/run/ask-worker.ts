import { z } from 'zod'
import { inTurn } from '../../lib/in-turn.ts'
import type { JobInput, JobOutput } from '../../worker/jobs.ts'
import { runJob } from '../../worker/run-job.ts'
import { repairCheckouts } from '../finish/repair-checkouts.ts'
import { failureSchema, mergedSchema, mergeSchema, resultSchema, workSchema } from '../record/task-event-schema.ts'

/*
 * What is asked of a worker process, since it reads what a guest made: each as the function of that name does it, in whose place it
 * is called. They throw WorkerDied besides what that throws.
 */

export const readResult = (request: JobInput<'read-result'>, task: string): Promise<JobOutput<'read-result'>> =>
  runJob('read-result', request, { answer: z.union([resultSchema, failureSchema]), task })

const streamNotes: z.ZodType<JobOutput<'keep-stream'>, unknown> = z.array(
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('refused'),
      why: z.enum(['missing', 'not-regular', 'linked', 'too-large', 'unreadable']),
    }),
    z.object({ kind: z.literal('cut'), bytes: z.number(), limit: z.number() }),
  ]),
)

export const keepStream = (request: JobInput<'keep-stream'>, task: string): Promise<JobOutput<'keep-stream'>> =>
  runJob('keep-stream', request, { answer: streamNotes, task })

export type ToldCommands = JobOutput<'read-commands'>

const toldCommands: z.ZodType<ToldCommands, unknown> = z.object({
  commands: z.array(z.object({ command: z.string(), exitStatus: z.int().nullable() })),
  earlier: z.int(),
})

/** What an agent's program reported to have run. */
export const readCommands = (
  request: JobInput<'read-commands'>,
  task: string,
  signal: AbortSignal,
): Promise<ToldCommands> => runJob('read-commands', request, { answer: toldCommands, task }, signal)

const interruption: z.ZodType<JobOutput<'read-interruption'>, unknown> = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('usage-limit'), resetsAt: z.number().nullable() }),
    z.object({ kind: z.literal('api-unavailable') }),
  ])
  .nullable()

export const readInterruption = (
  request: JobInput<'read-interruption'>,
  task: string,
): Promise<JobOutput<'read-interruption'>> => runJob('read-interruption', request, { answer: interruption, task })

/** @param attempt A file that counts the try, see `countedTry`. */
export const salvageWork = (
  request: JobInput<'salvage'>,
  signal: AbortSignal,
  attempt?: string,
): Promise<JobOutput<'salvage'>> =>
  runJob('salvage', request, { answer: workSchema, task: request.taskId, attempt }, signal)

/** @param attempt A file that counts the try, see `countedTry`. */
export const importWork = (
  request: JobInput<'import-work'>,
  signal: AbortSignal,
  attempt?: string,
): Promise<JobOutput<'import-work'>> =>
  runJob('import-work', request, { answer: workSchema, task: request.taskId, attempt }, signal)

/** One after the other in a repository, in the order of the calls. */
export const mergeWork = (request: JobInput<'merge'>, signal: AbortSignal): Promise<JobOutput<'merge'>> =>
  movingTheBranch(request, () => runJob('merge', request, { answer: mergeSchema, task: request.taskId }, signal))

const movingTheBranch = <Answer>(
  { repoPath }: { readonly repoPath: string },
  move: () => Promise<Answer>,
): Promise<Answer> =>
  inTurn(`merge in ${repoPath}`, async () => {
    try {
      return await move()
    } catch (error) {
      await repairCheckouts([repoPath]) // The worker may have died while it moved the checkout.
      throw error
    }
  })

const preparedSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ready'),
    method: z.enum(['fast-forward', 'rebase']),
    ...{ commit: z.string(), tree: z.string(), commits: z.int(), isAsMade: z.boolean() },
  }),
  z.object({ kind: z.literal('settled'), outcome: mergeSchema }),
])

export const prepareLanding = (
  request: JobInput<'prepare-landing'>,
  signal: AbortSignal,
): Promise<JobOutput<'prepare-landing'>> =>
  inTurn(`merge in ${request.repoPath}`, () =>
    runJob('prepare-landing', request, { answer: preparedSchema, task: request.taskId }, signal),
  )

const landedSchema = z.union([mergeSchema, z.object({ kind: z.literal('moved') })])

export const landPrepared = (
  request: JobInput<'land-prepared'>,
  signal: AbortSignal,
): Promise<JobOutput<'land-prepared'>> =>
  movingTheBranch(request, () =>
    runJob('land-prepared', request, { answer: landedSchema, task: request.taskId }, signal),
  )

export const findMerge = (request: JobInput<'find-merge'>, signal: AbortSignal): Promise<JobOutput<'find-merge'>> =>
  runJob('find-merge', request, { answer: mergedSchema.nullable(), task: request.taskId }, signal)

const paths = z.array(z.string())

/** A `PathList`. */
export const pathList = z.object({ files: paths, more: z.int().exactOptional() })

/** Added files unlike those that a repository had. */
export const findUnusualPaths = (
  request: JobInput<'unusual-paths'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'unusual-paths'>> => runJob('unusual-paths', request, { answer: pathList, task }, signal)

const markers = pathList.extend({ isPartial: z.literal(true).exactOptional() })

export const findMarkers = (
  request: JobInput<'find-markers'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'find-markers'>> => runJob('find-markers', request, { answer: markers, task }, signal)

export const findHeldPaths = (
  request: JobInput<'held-paths'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'held-paths'>> => runJob('held-paths', request, { answer: pathList, task }, signal)

export const notContained = (
  request: JobInput<'not-contained'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'not-contained'>> => runJob('not-contained', request, { answer: paths, task }, signal)
