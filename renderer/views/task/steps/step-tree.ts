import type { Step } from '../../../../preload/task-details.ts'
import type { StepTree } from './step-row.tsx'

/** One for all, so that a step with none is the same again. */
const none: readonly StepTree[] = []

/** The agent's own steps, each with those of the agent that it started, in the order in which they began. Pure. */
export function stepTrees(steps: readonly Step[]): readonly StepTree[] {
  const inner = new Map<number, StepTree[]>()
  const own: StepTree[] = []
  // From the last on, since what is within a step comes after it.
  for (const [index, step] of [...steps.entries()].reverse()) {
    const tree = { step, inner: inner.get(index)?.reverse() ?? none }
    const { within } = step
    if (within === undefined || within >= index) own.push(tree)
    else {
      const beside = inner.get(within)
      if (beside) beside.push(tree)
      else inner.set(within, [tree])
    }
  }
  return own.reverse()
}
