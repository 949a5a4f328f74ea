import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MergePolicy } from '../../main/core/merge/merge-policy.ts'
import { silentLog } from '../../main/lib/log.ts'
import { answerCall } from '../../main/window/answer-call.ts'
import { commitFiles, gitIn } from '../support/git/repositories.ts'
import { registeredRepository, successJson } from '../support/orchestrator.ts'
import { listenTo, startWindowService } from '../support/window/window-service.ts'

const never = new AbortController().signal
const guest = `
set -e
touch $SHARE/started
cd $REPO
echo task > README.md; git commit -qam 'Change the README'
echo new > new.txt; git add -A; git commit -q -m 'Add a file'
echo '${successJson}' > $SHARE/result.json
`

/** A window, and work under review that waits. */
async function waiting() {
  const { root, service } = await startWindowService({ guest })
  const repo = await registeredRepository(root)
  const heard = listenTo(service)
  await service.calls.snapshot({}, never)
  const policy = { kind: 'review' } as const
  expect(await service.calls.setMergePolicy({ alias: 'project', policy }, never)).toEqual({ policy })
  await heard.change('repositories', ({ repositories }) => repositories[0]?.mergePolicy.kind === 'review')
  const { id } = await service.calls.runTask({ repo: 'project', description: 'Greet' }, never)
  await heard.change('task', ({ task }) => task.state.phase === 'finished' && task.state.reason === 'awaiting_review')
  return { repo, id, heard, calls: service.calls }
}

test('a review shows commits and files, against the start, one commit and the branch as it is now; accepting merges', async () => {
  const { repo, id, heard, calls } = await waiting()
  const review = await calls.review({ id }, never)
  const files = [
    { path: 'README.md', oldPath: null, status: 'modified', added: 1, removed: 1, binary: false },
    { path: 'new.txt', oldPath: null, status: 'added', added: 1, removed: 0, binary: false },
  ]
  expect(review).toMatchObject({ branch: 'main', policy: { kind: 'review' }, check: null, files, fileCount: 2 })
  expect(review.commits.map(({ subject }) => subject)).toEqual(['Change the README', 'Add a file'])
  expect(review.onBranch).toEqual({ kind: 'merges', files, fileCount: 2 })
  await commitFiles(repo, { 'new.txt': 'old\n' }, 'By the user')
  await expect(calls.reviewDiff({ id, path: 'new.txt', against: { kind: 'branch' } }, never)).rejects.toMatchObject({
    code: 'merge-failed',
  })
  await gitIn(repo, ['reset', '-q', '--hard', 'HEAD~'])
  await commitFiles(repo, { 'other.txt': 'other\n' }, 'By the user')
  const againstBranch = { kind: 'branch' } as const
  expect(await calls.reviewDiff({ id, path: 'new.txt', against: againstBranch }, never)).toMatchObject({
    hunks: [{ lines: [{ kind: '+', text: 'new' }] }],
  })
  const first = { kind: 'commit', id: review.commits[0]?.id ?? '' } as const
  expect(await calls.reviewDiff({ id, path: 'README.md', against: first }, never)).toMatchObject({ kind: 'text' })
  await expect(calls.reviewDiff({ id, path: 'new.txt', against: first }, never)).rejects.toMatchObject({
    code: 'argument-invalid',
  })
  expect(await calls.reviewCommit({ id, commit: first.id }, never)).toMatchObject({
    message: 'Change the README',
    files: [{ path: 'README.md' }],
    fileCount: 1,
  })
  await expect(calls.reviewCommit({ id, commit: review.startCommit }, never)).rejects.toMatchObject({
    code: 'argument-invalid',
  })
  const only = [review.commits[1]?.id ?? '']
  expect(await calls.acceptTask({ id, only }, never)).toMatchObject({ merged: true, commits: 1, branch: 'main' })
  await heard.change('task', ({ task }) => task.state.phase === 'finished' && task.state.outcome === 'merged')
})

test('a window settles what collides, sees it settled, and finishes; another abandons', async () => {
  const { repo, id, heard, calls } = await waiting()
  await commitFiles(repo, { 'README.md': 'user\n' }, 'By the user')
  const [commit] = (await calls.conflicts({ id }, never)).commits
  const file = { id, commit: commit?.id ?? '', path: 'README.md' }
  expect(await calls.openConflict(file, never)).toMatchObject({ chunks: [{ kind: 'conflict', ours: 'user\n' }] })
  const resolution = { kind: 'hunks', picks: ['ours-theirs'] } as const
  expect(await calls.chooseConflict({ ...file, resolution }, never)).toMatchObject({ settled: true })
  await calls.abandonConflicts({ id }, never)
  await expect(calls.finishConflicts({ id }, never)).rejects.toMatchObject({ code: 'merge-failed' })
  await calls.chooseConflict({ ...file, resolution }, never)
  const done = await calls.finishConflicts({ id }, never)
  expect(done).toMatchObject({ merge: { kind: 'merged', commits: 2 }, settled: { settled: true }, stale: [] })
  expect(await readFile(join(repo, 'README.md'), 'utf8')).toBe('user\ntask\n')
  await heard.change('task', ({ task }) => task.state.phase === 'finished' && task.state.outcome === 'merged')
})

test('a rejected task is shown as such, and needs nobody', async () => {
  const { id, heard, calls } = await waiting()
  await calls.rejectTask({ id, dropRef: true }, never)
  const { task } = await heard.change('task', (change) => {
    const { state } = change.task
    return state.phase === 'finished' && state.reason === 'rejected'
  })
  expect(task.ref).toBeNull()
  await expect(calls.resolveTask({ id }, never)).rejects.toMatchObject({ code: 'merge-failed' })
})

test.each([
  ['chooseConflict', { id: 'a', commit: 'b', path: 'c', resolution: { kind: 'side', side: 'mine' } }],
  ['chooseConflict', { id: 'a', commit: 'b', path: 'c', resolution: { kind: 'hunks', picks: ['ours'], more: 1 } }],
  ['reviewDiff', { id: 'a', path: 'b', against: { kind: 'commit' } }],
  ['setMergePolicy', { alias: 'a', policy: { kind: 'check' } }],
])('the call %s refuses %j before anybody looks at it', async (name, request) => {
  const reached = () => Promise.reject(new Error('reached'))
  const reply = await answerCall({ [name]: reached }, name, request, silentLog, never)
  expect(reply).toMatchObject({ ok: false, failure: { code: 'argument-invalid' } })
})

test('a policy that is given back after an undo has all that it had, and a new command keeps how long it may take', async () => {
  const { root, service } = await startWindowService({ guest })
  await registeredRepository(root)
  const set = async (policy: MergePolicy) =>
    (await service.calls.setMergePolicy({ alias: 'project', policy }, never)).policy
  const timed = { kind: 'check', command: 'npm test', timeoutMs: 120_000 } as const
  expect(await set(timed)).toEqual(timed)
  expect(await set({ kind: 'auto' })).toEqual({ kind: 'auto' })
  expect(await set(timed)).toEqual(timed)
  expect(await set({ kind: 'check', command: 'npm run check' })).toEqual({ ...timed, command: 'npm run check' })
})
