import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Three commits: two that collide with what `moveBranch` does, and one that does not. */
const guest = `
set -e
touch $SHARE/started
cd $REPO
commit() { git add -A; git commit -q -m "$1"; }
echo task > README.md; commit 'Change the README'
echo new > new.txt; commit 'Add a file'
echo more > README.md; commit 'Change it more'
echo '${successJson}' > $SHARE/result.json
`

async function waitingTask() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, merge: 'review' })
  const setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'change it', repo: 'project' })
  await untilEnded(setup.orchestrator, id)
  const moveBranch = (text = 'branch\n') => commitFiles(repo, { 'README.md': text }, 'By the user')
  return { root, repo, id, setup, moveBranch, reviews: setup.orchestrator.reviews }
}

const idsOf = async (repo: string, id: TaskId) =>
  (await gitIn(repo, ['log', '--reverse', '--format=%H', `main..refs/tasks/${id}`])).split('\n')

test('chosen commits are accepted by the start of their ids, one with a new message; the rest stays at the ref', async () => {
  const { repo, id, setup, reviews } = await waitingTask()
  await using _setup = setup
  const [first = '', second = ''] = await idsOf(repo, id)
  await expect(reviews.accept(id, { only: ['0123456'] })).rejects.toMatchObject({ code: 'argument-invalid' })
  await expect(reviews.accept(id, { only: [] })).rejects.toMatchObject({ code: 'argument-invalid' })
  await expect(reviews.accept(id, { messages: { [first]: ' ' } })).rejects.toMatchObject({ code: 'argument-invalid' })
  const selection = { only: [second.slice(0, 8), first.slice(0, 8)], messages: { [second]: 'Add the file' } }
  expect(await reviews.accept(id, selection)).toMatchObject({ kind: 'merged', commits: 2 })
  expect(await subjectsOf(repo)).toEqual(['Add the file', 'Change the README', 'Start'])
  expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe(`refs/tasks/${id}`)
  expect(taskView(await setup.orchestrator.get(id))).toMatchObject({ merge_result: { merged: true, commits: 2 } })
})

test.each([true, false])(
  'a rejected task changes nothing but its record; with dropRef (%s) its ref goes',
  async (dropRef) => {
    const { repo, id, setup, reviews } = await waitingTask()
    await using _setup = setup
    const before = await gitIn(repo, ['rev-parse', 'main'])
    await reviews.reject(id, { dropRef })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(before)
    expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe(
      dropRef ? '' : `refs/tasks/${id}`,
    )
    expect(taskView(await setup.orchestrator.get(id))).toMatchObject({
      task_ref: dropRef ? null : `refs/tasks/${id}`,
      merge_result: { merged: false, reason: 'rejected' },
    })
    expect(JSON.parse(await readFile(taskFiles(setup.home, id).mergeResult, 'utf8'))).toMatchObject({
      reason: 'rejected',
    })
    if (dropRef) await expect(reviews.accept(id)).rejects.toMatchObject({ code: 'merge-failed' })
    else expect(await reviews.accept(id)).toMatchObject({ kind: 'merged' })
  },
)

test('conflicts are settled one after the other, across a restart, and finished: the branch has what was chosen', async () => {
  const { root, repo, id, setup, reviews, moveBranch } = await waitingTask()
  const resolution = taskFiles(setup.home, id).resolution
  const tip = await moveBranch()
  expect(await reviews.accept(id)).toMatchObject({ kind: 'unmerged', reason: 'conflicts', files: ['README.md'] })
  const view = await reviews.conflicts(id)
  expect(view.commits.map(({ subject, state }) => [subject, state])).toEqual([
    ['Change the README', 'stopped'],
    ['Add a file', 'waiting'],
    ['Change it more', 'waiting'],
  ])
  const file = { commit: view.commits[0]?.id ?? '', path: 'README.md' }
  expect(await reviews.openConflict(id, file)).toEqual({
    kind: 'text',
    encoding: 'utf8',
    chunks: [{ kind: 'conflict', base: 'A small project\n', ours: 'branch\n', theirs: 'task\n' }],
  })
  await expect(reviews.finish(id)).rejects.toMatchObject({ message: expect.stringContaining('README.md') })
  const wrong = { ...file, resolution: { kind: 'hunks', picks: [] } } as const
  await expect(reviews.choose(id, wrong)).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(existsSync(resolution)).toBe(false)
  const after = await reviews.choose(id, { ...file, resolution: { kind: 'hunks', picks: ['ours-theirs'] } })
  expect(after.commits.map(({ state }) => state)).toEqual(['settled', 'applied', 'stopped'])
  await setup[Symbol.asyncDispose]()

  await using again = await startOrchestrator({ root, guest })
  const later = again.orchestrator.reviews
  expect((await later.conflicts(id)).commits.map(({ state }) => state)).toEqual(['settled', 'applied', 'stopped'])
  const last = { commit: view.commits[2]?.id ?? '', path: 'README.md' }
  const settled = await later.choose(id, { ...last, resolution: { kind: 'side', side: 'theirs' } })
  expect(settled.settled).toBe(true)
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(tip)
  const report = await later.finish(id)
  expect(report).toMatchObject({
    merge: { kind: 'merged', method: 'rebase', commits: 3, from: tip },
    settled: { commits: [{ state: 'settled' }, { state: 'applied' }, { state: 'settled' }] },
    stale: [],
  })
  expect(await gitIn(repo, ['show', 'main~2:README.md'])).toBe('branch\ntask')
  expect(await readFile(join(repo, 'README.md'), 'utf8')).toBe('more\n')
  expect(existsSync(resolution)).toBe(false)
  expect(taskView(await again.orchestrator.get(id))).toMatchObject({ merge_result: { merged: true }, task_ref: null })
})

test('choices that the branch overtook are told, and abandoning forgets all of them', async () => {
  const { repo, id, setup, reviews, moveBranch } = await waitingTask()
  await using _setup = setup
  await moveBranch()
  const [commit = ''] = await idsOf(repo, id)
  const theirs = { kind: 'side', side: 'theirs' } as const
  await reviews.choose(id, { commit, path: 'README.md', resolution: theirs })
  await moveBranch('branch again\n')
  const view = await reviews.conflicts(id)
  expect(view.stale.map(({ path }) => path)).toEqual(['README.md'])
  await expect(reviews.finish(id)).rejects.toMatchObject({ hint: expect.stringContaining('The branch moved') })
  await reviews.choose(id, { commit, path: 'README.md', resolution: theirs })
  const back = await reviews.choose(id, { commit, path: 'README.md', resolution: null })
  expect(back.commits[0]).toMatchObject({ state: 'stopped', files: [{ resolution: null }] })
  await reviews.choose(id, { commit, path: 'README.md', resolution: theirs })
  await reviews.abandon(id)
  expect(existsSync(taskFiles(setup.home, id).resolution)).toBe(false)
  expect((await reviews.conflicts(id)).commits[0]).toMatchObject({ state: 'stopped' })
})
