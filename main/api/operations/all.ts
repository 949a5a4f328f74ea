import type { z } from 'zod'
import type { Operation } from '../operation.ts'
import { finishTask } from './agent/finish-task.ts'
import { interruptTask } from './agent/interrupt-task.ts'
import { sendMessage } from './agent/send-message.ts'
import { cancelPlan } from './cancel-plan.ts'
import { cancelTask } from './cancel-task.ts'
import { chooseAttempt } from './choose-attempt.ts'
import { cleanupTask } from './cleanup-task.ts'
import { continueTask } from './continue-task.ts'
import { forkTask } from './fork-task.ts'
import { getTaskDiff } from './get-task-diff.ts'
import { getTaskInfo } from './get-task-info.ts'
import { getTaskLogs } from './get-task-logs.ts'
import { listSlots } from './list-slots.ts'
import { listTasks } from './list-tasks.ts'
import { mergeTask } from './merge-task.ts'
import { checkPlace } from './places/check-place.ts'
import { listPlaces } from './places/list-places.ts'
import { prune } from './prune.ts'
import { listRepos } from './repositories/list-repos.ts'
import { setUpRepository } from './repositories/set-up-repository.ts'
import { resolveTask } from './resolve-task.ts'
import { retryTask } from './retry-task.ts'
import { acceptTask } from './review/accept-task.ts'
import { rejectTask } from './review/reject-task.ts'
import { reviewFile } from './review/review-file.ts'
import { reviewTask } from './review/review-task.ts'
import { runPlan } from './run-plan.ts'
import { runTask } from './run-task.ts'
import { usage } from './usage.ts'
import { waitNextEvent } from './wait-next-event.ts'

/** Every operation, in the order in which a model meets those that clients may call. */
const all = [
  runTask,
  runPlan,
  waitNextEvent,
  getTaskInfo,
  getTaskLogs,
  getTaskDiff,
  listTasks,
  listRepos,
  listSlots,
  listPlaces,
  sendMessage,
  interruptTask,
  finishTask,
  cancelTask,
  cancelPlan,
  mergeTask,
  chooseAttempt,
  resolveTask,
  continueTask,
  forkTask,
  retryTask,
  setUpRepository,
  cleanupTask,
  usage,
  prune,
  reviewTask,
  reviewFile,
  acceptTask,
  rejectTask,
  checkPlace,
] as const

type Entry = (typeof all)[number]

export type OperationName = Entry['name']
type OperationNamed<Name extends OperationName> = Extract<Entry, { readonly name: Name }>
export type AnswerOf<Name extends OperationName> = Awaited<ReturnType<OperationNamed<Name>['call']>>
/** What a person's call takes, before the operation's defaults. */
export type InputOf<Name extends OperationName> = z.input<OperationNamed<Name>['personInput']>

export const operations: readonly Operation[] = all

export const clientOperations = operations.filter(({ who }) => who !== 'person')
export const personOperations = operations.filter(({ who }) => who !== 'client')
