import { mergeView } from '../../../main/core/task/view.ts'
import type { ReviewCall } from '../../../main/window/review/review-calls.ts'
import type { AnswerOf, RequestOf } from '../../../preload/contract.ts'

type QuietReviews = { readonly [Name in ReviewCall]: (request: RequestOf<Name>) => AnswerOf<Name> }

const merge = {
  kind: 'merged',
  method: 'rebase',
  commits: 2,
  branch: 'main',
  from: '3c91e04',
  to: 'a41c0d2',
} as const
const settled: AnswerOf<'conflicts'> = {
  branch: 'main',
  onto: '3c91e04',
  settled: true,
  problem: null,
  commits: [],
  stale: [],
}

/** What a host answers about work that waits, where nothing collides and everything merges. */
export const quietReviews: QuietReviews = {
  review: () => ({
    ...{ branch: 'main', startCommit: '3c91e04', commit: 'a41c0d2', policy: { kind: 'auto' }, check: null },
    ...{ commits: [], files: [], fileCount: 0 },
    onBranch: { kind: 'merges', files: [], fileCount: 0 },
  }),
  reviewCommit: () => ({ message: 'Do it', files: [], fileCount: 0 }),
  reviewDiff: () => ({ kind: 'text', hunks: [] }),
  acceptTask: () => mergeView('0badcafe', merge),
  rejectTask: () => ({}),
  conflicts: () => settled,
  openConflict: () => ({ kind: 'text', encoding: 'utf8', chunks: [] }),
  chooseConflict: () => settled,
  finishConflicts: () => ({ merge, settled, stale: [] }),
  abandonConflicts: () => ({}),
  resolveTask: () => ({ id: '0badcafe' as never }),
  setMergePolicy: ({ policy }) => ({ policy }),
}
