import { z } from 'zod'
import { inTurn } from '../git/merge-turns.ts'
import type { JobInput, JobOutput } from '../worker/jobs.ts'
import { runJob } from '../worker/run-job.ts'
import { mergedSchema, mergeSchema, workSchema } from './task-event-schema.ts'

/*
 * What is asked of a worker process, since it reads what a guest made: each as the function of that name does it, in whose place it
 * is called. They throw WorkerDied besides what that throws.
 */

/** @param attempt A file that counts the try, see `countedTry`. */
export const salvageWork = (
  request: JobInput<'salvage'>,
  signal: AbortSignal,
  attempt?: string,
): Promise<JobOutput<'salvage'>> =>
  runJob('salvage', request, { answer: workSchema, task: request.taskId, attempt }, signal)

/** One after the other in a repository, in the order of the calls. */
export const mergeWork = (request: JobInput<'merge'>, signal: AbortSignal): Promise<JobOutput<'merge'>> =>
  inTurn(`merge in ${request.repoPath}`, () =>
    runJob('merge', request, { answer: mergeSchema, task: request.taskId }, signal),
  )

export const findMerge = (request: JobInput<'find-merge'>, signal: AbortSignal): Promise<JobOutput<'find-merge'>> =>
  runJob('find-merge', request, { answer: mergedSchema.nullable(), task: request.taskId }, signal)

const paths = z.array(z.string())

export const leftMarkers = (
  request: JobInput<'left-markers'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'left-markers'>> => runJob('left-markers', request, { answer: paths, task }, signal)

export const findHeldPaths = (
  request: JobInput<'held-paths'>,
  task: string,
  signal: AbortSignal,
): Promise<JobOutput<'held-paths'>> => runJob('held-paths', request, { answer: paths, task }, signal)
