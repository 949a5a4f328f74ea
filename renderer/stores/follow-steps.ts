import type { Failure } from '../../main/core/failure.ts'
import type { Reply } from '../../preload/contract.ts'
import type { Step, Steps } from '../../preload/task-details.ts'

export interface StepsState {
  readonly steps: readonly Step[]
  /** False until the first answer. */
  readonly known: boolean
  readonly ended: boolean
  readonly failure: Failure | null
}

export const noSteps: StepsState = { steps: [], known: false, ended: false, failure: null }

/** What was known before `from` stays; from there on the answer holds. */
export const withAnswer = (state: StepsState, answer: Steps): StepsState => ({
  steps: answer.steps.length === 0 ? state.steps : [...state.steps.slice(0, answer.from), ...answer.steps],
  known: true,
  ended: answer.ended,
  failure: null,
})

/** Tells the steps of a task as they come, one request at a time, until the signal fires or the agent is done. */
export async function followSteps(
  read: (
    request: { readonly after: number; readonly wait: boolean },
    signal: AbortSignal,
  ) => Promise<Reply<'readSteps'>>,
  tell: (state: StepsState) => void,
  signal: AbortSignal,
): Promise<void> {
  let state = noSteps
  let after = 0
  while (!signal.aborted) {
    const reply = await read({ after, wait: state.known }, signal)
    if (signal.aborted) return
    state = reply.ok ? withAnswer(state, reply.value) : { ...state, known: true, failure: reply.failure }
    tell(state)
    // With nothing new and the stream at its end, there is nothing left to ask for.
    if (!reply.ok || (reply.value.ended && reply.value.next === after)) return
    after = reply.value.next
  }
}
