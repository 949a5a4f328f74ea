import { create } from 'zustand'
import type { TaskId } from '../../../../main/core/task/task.ts'
import { type LimitTexts, noLimits } from '../../../stores/draft.ts'

export interface ContinueDraft {
  readonly text: string
  readonly limits: LimitTexts
}

const emptyDraft: ContinueDraft = { text: '', limits: noLimits }

/** What is being written to tasks that have ended, kept until it is sent, so that a look elsewhere loses no word. */
const useDrafts = create<{ readonly drafts: Readonly<Record<TaskId, ContinueDraft>> }>(() => ({ drafts: {} }))

/** What is written to this task, and how to change it; null throws it away. */
export function useContinueDraft(
  id: TaskId,
): readonly [ContinueDraft, (change: Partial<ContinueDraft> | null) => void] {
  const draft = useDrafts(({ drafts }) => drafts[id] ?? emptyDraft)
  const change = (changes: Partial<ContinueDraft> | null): void =>
    useDrafts.setState(({ drafts: { [id]: draft = emptyDraft, ...others } }) => ({
      drafts: changes === null ? others : { ...others, [id]: { ...draft, ...changes } },
    }))
  return [draft, change]
}
