import { beforeEach, expect, test } from 'vitest'
import { mergeView } from '../../../../main/core/task/view.ts'
import { useNotices } from '../../../../renderer/stores/notices.ts'
import { sayMerge } from '../../../../renderer/views/task/merge-now.ts'

beforeEach(() => useNotices.setState({ notices: [] }))

test.each([
  [
    { kind: 'merged', method: 'rebase', commits: 2, branch: 'main', from: '3c91e04', to: 'a41c0d2' },
    { tone: 'plain', title: 'Merged into main', body: '2 commits, by rebase.' },
  ],
  [
    { kind: 'unchanged', branch: 'main' },
    { tone: 'plain', title: 'Nothing to merge', body: 'Everything in it is on the branch already.' },
  ],
  [
    { kind: 'unmerged', reason: 'local_changes', files: ['a.txt'], detail: 'Local changes to a.txt are in the way' },
    { tone: 'bad', title: 'Not merged', body: 'Local changes to a.txt are in the way. Your checkout is unchanged.' },
  ],
] as const)('the notice about a merge that ended as %j', (outcome, notice) => {
  sayMerge(mergeView('0123abcd', outcome))
  expect(useNotices.getState().notices).toMatchObject([notice])
})
