import { z } from 'zod'
import { readInput } from '../api/failure.ts'
import type { Operation } from '../api/operation.ts'
import { finishTask } from '../api/operations/agent/finish-task.ts'
import { interruptTask } from '../api/operations/agent/interrupt-task.ts'
import { sendMessage } from '../api/operations/agent/send-message.ts'
import { cancelPlan } from '../api/operations/cancel-plan.ts'
import { cancelTask } from '../api/operations/cancel-task.ts'
import { chooseAttempt } from '../api/operations/choose-attempt.ts'
import { cleanupTask } from '../api/operations/cleanup-task.ts'
import { continueTask } from '../api/operations/continue-task.ts'
import { forkTask } from '../api/operations/fork-task.ts'
import { mergeTask } from '../api/operations/merge-task.ts'
import { checkPlace } from '../api/operations/places/check-place.ts'
import { listPlaces } from '../api/operations/places/list-places.ts'
import { setUpRepository } from '../api/operations/repositories/set-up-repository.ts'
import { resolveTask } from '../api/operations/resolve-task.ts'
import { retryTask } from '../api/operations/retry-task.ts'
import { acceptTask } from '../api/operations/review/accept-task.ts'
import { rejectTask } from '../api/operations/review/reject-task.ts'
import { runTask } from '../api/operations/run-task.ts'
import { usage } from '../api/operations/usage.ts'
import type { Tasks } from '../tasks/contract.ts'

/** The calls of the window that are operations. The window spells fields in its own way: `id` for `task_id`, `deleteRef` for `delete_ref`. */
const operationCalls = {
  runTask,
  cancelTask,
  cancelPlan,
  mergeTask,
  acceptTask,
  chooseAttempt,
  cleanupTask,
  rejectTask,
  resolveTask,
  retryTask,
  setUpRepository,
  continueTask,
  forkTask,
  sendMessage,
  interruptTask,
  finishTask,
  diskUsage: usage,
  listPlaces,
  checkPlace,
} as const

type CallName = keyof typeof operationCalls
type CalledBy<Name extends CallName> = (typeof operationCalls)[Name]
type Input<Name extends CallName> = z.input<CalledBy<Name>['personInput']>
type Answer<Name extends CallName> = Awaited<ReturnType<CalledBy<Name>['call']>>

type Spelled<Field extends string> = Field extends 'task_id' ? 'id' : Camel<Field>
type Camel<Field extends string> = Field extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Field

/** What the window's call takes. */
type WindowInput<Name extends CallName> = {
  readonly [Field in keyof Input<Name> as Spelled<Field & string>]: Unchanged<Input<Name>[Field]>
}

/** A call changes nothing of what it is given. */
type Unchanged<Value> = Value extends object ? { readonly [Key in keyof Value]: Unchanged<Value[Key]> } : Value

const spelled = (field: string): string =>
  field === 'task_id' ? 'id' : field.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())

/** The schemas of the calls, by the window's names of calls and fields. */
export const operationSchemas = mapped(({ personInput }) =>
  z.strictObject(Object.fromEntries(Object.entries(personInput.shape).map(([field, type]) => [spelled(field), type]))),
)

/** Calls the operation as the person at the window. */
export async function callOperation<Name extends CallName>(
  name: Name,
  request: WindowInput<Name>,
  tasks: Tasks,
  signal: AbortSignal,
): Promise<Answer<Name>> {
  const operation: Operation = operationCalls[name]
  const given: Readonly<Record<string, unknown>> = request
  const fields = Object.keys(operation.personInput.shape).filter((field) => given[spelled(field)] !== undefined)
  const input = Object.fromEntries(fields.map((field) => [field, given[spelled(field)]]))
  const answer = await operation.call(readInput(operation.personInput, input, 'The request'), {
    ...{ tasks, by: 'person', consumer: null, signal },
    ...{ progress: null, progressIntervalMs: Number.POSITIVE_INFINITY, delivered: Promise.resolve(true) },
  })
  return answer as Answer<Name> // The operation's own answer: the table has its type.
}

function mapped<Value>(change: (operation: Operation) => Value): { readonly [Name in CallName]: Value } {
  const entries = Object.entries<Operation>(operationCalls).map(([name, operation]) => [name, change(operation)])
  return Object.fromEntries(entries) as { readonly [Name in CallName]: Value }
}
