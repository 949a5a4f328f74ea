import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { notContained } from '../../../main/git/merge/not-contained.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import type { Orchestrator } from '../../../main/tasks/orchestrator.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, statusOf, subjectsOf } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

/**
 * A guest whose task changes a line and adds a file, once the test lets it; one that finds a rebase under way instead does what the
 * script says.
 */
const guestThat = (resolves: string) => `
set -e
touch $SHARE/started
cd $REPO
if [ -d .git/rebase-merge ]; then
  cp $SHARE/task.md $HOME/../resolver-task.md; cp README.md $HOME/../both-sides.md
  ${resolves}
else
  until [ -e $HOME/../go ]; do sleep 0.05; done
  echo 'by the task' > README.md; git commit -qam 'Change the README'
  echo new > new.txt; git add -A; git commit -q -m 'Add a file'
fi
echo '${successJson}' > $SHARE/result.json
`
const wellDone = 'printf "by both\\n" >README.md; git add -A; GIT_EDITOR=true git rebase --continue'

async function resolvedBy(orchestrator: Orchestrator, id: TaskId) {
  const { repoPath, resolves, merge } = await orchestrator.get(id)
  if (!resolves || merge?.kind !== 'merged') throw new Error('It resolved nothing')
  return { repoPath, startCommit: resolves.startCommit, commit: resolves.commit, merged: merge }
}

const restart =
  'old=$(cat .git/rebase-merge/orig-head); onto=$(cat .git/rebase-merge/onto); git rebase --abort; git reset -q --hard $onto'
const forged = `${restart}
for c in $old~1 $old; do
  echo other >> n; git add -A; git commit -q -C $c
done`

/** A task whose work collides with what the user committed meanwhile. */
async function collision({ resolves = wellDone, auto = false, review = false } = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest: guestThat(resolves), resolveConflicts: auto ? 'auto' : 'ask' })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'say who\nmade it', repo: 'project', owner: 'client:me' })
  await until(async () => (await orchestrator.get(id)).state.phase === 'working')
  await commitFiles(repo, { 'README.md': 'by the user\n' }, 'My own words')
  await writeFile(join(root, 'run', 'go'), '')
  await untilEnded(orchestrator, id)
  if (review) await registerRepository(join(root, 'home'), { path: repo, merge: 'review' })
  return { root, repo, id, setup, orchestrator }
}

test('a task that resolves finds both sides mid-rebase, and when it is merged so is the one that it resolved', async () => {
  const { root, repo, id, setup, orchestrator } = await collision()
  await using _setup = setup
  expect(taskView(await orchestrator.get(id)).merge_result).toMatchObject({ merged: false, reason: 'conflicts' })
  const resolver = await orchestrator.resolve(id, { owner: 'client:me' })
  expect(taskView(await untilEnded(orchestrator, resolver))).toMatchObject({
    resolves: id,
    merge_result: { merged: true, method: 'fast-forward', commits: 2 },
  })
  const told = await readFile(join(root, 'run', 'resolver-task.md'), 'utf8')
  for (const text of ['> say who\n> made it', '- Change the README', '- Add a file', '- My own words', '- README.md'])
    expect(told).toContain(text)
  expect(await readFile(join(root, 'run', 'both-sides.md'), 'utf8')).toMatch(
    /^<<<<<<< .*\nby the user\n=======\nby the task\n>>>>>>> /,
  )
  expect(await subjectsOf(repo)).toEqual(['Add a file', 'Change the README', 'My own words', 'Start'])
  expect(await readFile(join(repo, 'README.md'), 'utf8')).toBe('by both\n')
  expect(await statusOf(repo)).toBe('')
  // The line was written in other words than the task's, which are still there for who wants them back.
  const changed = await gitIn(repo, ['rev-parse', `refs/tasks/${id}~1`])
  expect(await notContained(await resolvedBy(orchestrator, resolver))).toEqual([changed])
  expect(taskView(await orchestrator.get(id))).toMatchObject({
    task_ref: `refs/tasks/${id}`,
    merge_result: {
      merged: true,
      through: resolver,
      kept: 1,
      detail: expect.stringContaining('1 commit was resolved'),
    },
  })
  expect(JSON.parse(await readFile(taskFiles(setup.home, id).mergeResult, 'utf8'))).toMatchObject({ through: resolver })
  await expect(orchestrator.resolve(id)).rejects.toMatchObject({ code: 'merge-failed' })
  expect(setup.events.read(0)).toHaveLength(2)
})

test.each([
  ['leaves the rebase unfinished', 'true', 'The agent left a rebase under way', []],
  [
    'commits the conflict markers',
    wellDone.replace(/^printf[^;]*;/, ''),
    'The agent left conflict markers in files that had none',
    ['README.md'],
  ],
])('an agent that %s merges nothing, whatever it says', async (_name, resolves, detail, files) => {
  const { repo, id, setup, orchestrator } = await collision({ resolves })
  await using _setup = setup
  const before = await gitIn(repo, ['rev-parse', 'main'])
  const resolver = await orchestrator.resolve(id)
  const view = taskView(await untilEnded(orchestrator, resolver))
  expect(view.merge_result).toMatchObject({
    ...{ merged: false, reason: 'operation_left', detail: expect.stringContaining(detail) },
    ...(files.length > 0 && { files }),
  })
  await expect(orchestrator.merge(resolver, 'client')).rejects.toMatchObject({
    ...{ code: 'merge-failed', message: expect.stringContaining(detail) },
    hint: `They can: microvm-orchestrator review ${resolver}`,
  })
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(before)
  expect(taskView(await orchestrator.get(id)).task_ref).toBe(`refs/tasks/${id}`)
})

test('under review the resolved work waits too, and both are merged when it is accepted', async () => {
  const { id, setup, orchestrator } = await collision({ review: true })
  await using _setup = setup
  const resolver = await orchestrator.resolve(id)
  expect(taskView(await untilEnded(orchestrator, resolver)).merge_result).toMatchObject({ reason: 'awaiting_review' })
  expect(taskView(await orchestrator.get(id)).task_ref).toBe(`refs/tasks/${id}`)
  expect(await orchestrator.reviews.accept(resolver)).toMatchObject({ kind: 'merged' })
  expect(taskView(await orchestrator.get(id)).merge_result).toMatchObject({ merged: true, through: resolver, kept: 1 })
})

test('set to, conflicts are resolved by themselves, once, and never those of a task that resolves', async () => {
  const { id, setup, orchestrator } = await collision({ auto: true, resolves: 'true' })
  await using _setup = setup
  const others = (await orchestrator.list()).filter((task) => task.id !== id)
  expect(others).toMatchObject([{ resolves: { task: id } }])
  for (const other of others) expect(await orchestrator.get(other.id)).toMatchObject({ owner: 'client:me' })
  for (const other of others) await untilEnded(orchestrator, other.id)
  expect(await orchestrator.list()).toHaveLength(2)
  expect(existsSync(taskFiles(setup.home, id).folder)).toBe(true)
})

test.each([
  ['skips a commit', 'git rebase --skip; echo x > n; git add -A; git commit -qm Resolve', 1],
  ['drops all of them', `${restart}; echo x > n; git add -A; git commit -qm More`, 2],
  ['writes their messages and authors on other content', forged, 2],
])(
  'a resolver that %s merges its own, and what it dropped stays at the ref until a person drops it',
  async (_name, resolves, kept) => {
    const { repo, id, setup, orchestrator } = await collision({ resolves })
    await using _setup = setup
    const commit = await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])
    const resolver = await orchestrator.resolve(id)
    expect(taskView(await untilEnded(orchestrator, resolver)).merge_result).toMatchObject({ merged: true })
    expect(await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])).toBe(commit)
    expect(taskView(await orchestrator.get(id))).toMatchObject({
      task_ref: `refs/tasks/${id}`,
      merge_result: { merged: true, through: resolver, kept, task_ref: `refs/tasks/${id}` },
    })
    await expect(orchestrator.cleanup(id, { deleteRef: true, by: 'client' })).rejects.toMatchObject({
      code: 'merge-failed',
    })
    await orchestrator.prune({ by: 'person', dryRun: false, keepDays: 0 })
    expect(await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])).toBe(commit)
  },
)

test('a resolver that keeps every change leaves nothing at the ref', async () => {
  // Both sides are there, one below the other: put onto that, the change of the task changes nothing.
  const resolves = 'git checkout -q --theirs README.md; git add -A; GIT_EDITOR=true git rebase --continue'
  const { repo, id, setup, orchestrator } = await collision({ resolves })
  await using _setup = setup
  const resolver = await orchestrator.resolve(id)
  expect(taskView(await untilEnded(orchestrator, resolver)).merge_result).toMatchObject({ merged: true, commits: 2 })
  expect(taskView(await orchestrator.get(id))).toMatchObject({ task_ref: null, merge_result: { through: resolver } })
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
})

test('commits that a person chose keep a resolver from bringing the others', async () => {
  const { repo, id, setup, orchestrator } = await collision()
  await using _setup = setup
  const first = await gitIn(repo, ['rev-parse', `refs/tasks/${id}~1`])
  expect(await orchestrator.reviews.accept(id, { only: [first] })).toMatchObject({ reason: 'conflicts' })
  await expect(orchestrator.resolve(id)).rejects.toMatchObject({ message: expect.stringContaining('Only some') })
})
