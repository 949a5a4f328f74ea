import type { Review } from '../../../preload/review.ts'
import type { Scene, WindowHost } from '../window/window-host.ts'
import { conflictScene, finishedTask, idOf } from '../window/window-scenes.ts'

export const toReview = idOf(0xd1)
export const checkFailed = idOf(0xd2)

/** Work that waits for a person, and work whose check failed. */
export const reviewScene: Scene = {
  ...conflictScene,
  snapshot: {
    ...conflictScene.snapshot,
    tasks: [
      ...conflictScene.snapshot.tasks,
      finishedTask(
        0xd1,
        'Add retry with backoff to the webhook sender',
        'billing-api',
        { outcome: 'unmerged', reason: 'awaiting_review', detail: 'It waits to be reviewed' },
        [180, 771, 190_000, 0.88],
      ),
      finishedTask(
        0xd2,
        'Say in the error how often it was tried',
        'billing-api',
        { outcome: 'unmerged', reason: 'check_failed', detail: "'npm test' failed (exit status 1)" },
        [120, 771, 190_000, 0.88],
      ),
    ],
  },
}

/** Has the host show the story's changes for review, with a check that failed for one task. */
export function scriptReview(host: WindowHost): void {
  const { commits = [], files = [], fileCount = 0 } = conflictScene.changes[idOf(0xc4)] ?? {}
  host.answer('review', ({ id }): Review => {
    const failed = id === checkFailed
    return {
      branch: 'main',
      startCommit: '3c91e04f',
      commit: 'b7710aa1',
      policy: failed ? { kind: 'check', command: 'npm test' } : { kind: 'review' },
      check: failed
        ? {
            exitCode: 1,
            output: ' ✗ test/webhooks/retry.test.ts\n   <b>expected</b> 6 to be 5\n\n Tests  1 failed | 22 passed\n',
          }
        : null,
      ...{ commits, files, fileCount },
      onBranch: failed
        ? { kind: 'conflicts', files: ['src/webhooks/sender.ts'] }
        : { kind: 'merges', files: files.slice(2, 3), fileCount: 1 },
    }
  })
  host.answer('reviewCommit', ({ commit }) => ({
    message: `${commits.find(({ id }) => id === commit)?.subject}\n\nThe body of ${commit}.`,
    files: files.slice(0, 2),
    fileCount: 2,
  }))
  host.answer('reviewDiff', ({ path }) => conflictScene.diffs[path] ?? { kind: 'text', hunks: [] })
}
