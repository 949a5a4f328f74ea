import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MergePolicyChange } from '../../../main/core/merge/merge-policy.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { registerRepository, removeRepository } from '../../../main/settings/repositories.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import {
  guestThatCommits,
  registeredRepository,
  startOrchestrator,
  successJson,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

async function started(policy: MergePolicyChange, guest: string) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const allow = (change: MergePolicyChange) => registerRepository(join(root, 'home'), { path: repo, ...change })
  await allow(policy)
  const setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'change it', repo: 'project', owner: 'client:me' })
  return { root, repo, setup, orchestrator, id, allow }
}

const refsOf = (repo: string) => gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])
const theUsers = (id: TaskId) => ({ code: 'merge-failed', hint: `They can: microvm-orchestrator review ${id}` })

/** Goes on when the test lets it. */
const committed = (file: string) => `
${guestThatCommits(file)}
touch $HOME/../committed
until [ -e $HOME/../go ]; do sleep 0.05; done
`
const isThere = (root: string) =>
  gitIn(root, ['hash-object', join(root, 'run', 'committed')]).then(Boolean, () => false)

test.each<[string, MergePolicyChange]>([
  ['review', { merge: 'review' }],
  ['a check', { check: 'false' }],
])(
  'under %s, a client that cancels a task can neither merge, clean up nor prune what it left; a person can',
  async (_name, policy) => {
    const { root, repo, setup, orchestrator, id } = await started(policy, committed('greeting.txt'))
    await using _setup = setup
    await until(() => isThere(root))
    await orchestrator.cancel(id)
    await untilEnded(orchestrator, id)
    const before = await gitIn(repo, ['rev-parse', 'main'])
    await expect(orchestrator.merge(id, 'client')).rejects.toMatchObject(theUsers(id))
    for (const deleteRef of [false, true]) {
      await expect(orchestrator.cleanup(id, { deleteRef, by: 'client' })).rejects.toMatchObject(theUsers(id))
    }
    for (const by of ['client', 'policy'] as const) {
      expect(await orchestrator.prune({ by, dryRun: false, keepDays: 0 })).toMatchObject({ tasks: [] })
    }
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(before)
    expect(await refsOf(repo)).toBe(`refs/tasks/${id}`)
    expect(await orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged' })
    await orchestrator.cleanup(id, { deleteRef: true, by: 'client' })
  },
)

const twoCommits = `
set -e
touch $SHARE/started
cd $REPO
echo 1 > first.txt; git add -A; git commit -q -m First
echo 2 > second.txt; git add -A; git commit -q -m Second
echo '${successJson}' > $SHARE/result.json
`

test('commits that a person chose bind every later try, of a client too, and what was left out is theirs to drop', async () => {
  const { repo, setup, orchestrator, id } = await started({ merge: 'review' }, twoCommits)
  await using _setup = setup
  await untilEnded(orchestrator, id)
  const first = await gitIn(repo, ['rev-parse', `refs/tasks/${id}~1`])
  await writeFile(join(repo, 'first.txt'), 'mine\n')
  expect(await orchestrator.reviews.accept(id, { only: [first] })).toMatchObject({ reason: 'local_changes' })
  await rm(join(repo, 'first.txt'))
  expect(await orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', commits: 1, kept: 1 })
  expect(await subjectsOf(repo)).toEqual(['First', 'Start'])
  expect(await refsOf(repo)).toBe(`refs/tasks/${id}`)
  expect(taskView(await orchestrator.get(id))).toMatchObject({
    task_ref: `refs/tasks/${id}`,
    merge_result: { kept: 1 },
  })
  await expect(orchestrator.cleanup(id, { deleteRef: true, by: 'client' })).rejects.toMatchObject(theUsers(id))
  await orchestrator.cleanup(id, { deleteRef: false, by: 'client' })
  expect(await refsOf(repo)).toBe(`refs/tasks/${id}`)
})

const withSide = `
set -e
touch $SHARE/started
cd $REPO
git switch -q -c side; echo aside > aside.txt; git add -A; git commit -q -m Aside
git switch -q -; echo 1 > first.txt; git add -A; git commit -q -m First
echo '${successJson}' > $SHARE/result.json
`

test('what a task left beside the work that a person accepted is theirs to drop, and a client may clean up around it', async () => {
  const { repo, setup, orchestrator, id } = await started({ merge: 'review' }, withSide)
  await using _setup = setup
  const { work } = await untilEnded(orchestrator, id)
  const beside = work?.also.map(({ ref }) => ref).join()
  expect(beside).toMatch(new RegExp(`^refs/tasks/${id}\\.also/[0-9a-f]{40}$`))
  expect(await orchestrator.reviews.accept(id)).toMatchObject({ kind: 'merged' })
  expect(await refsOf(repo)).toBe(beside)
  await expect(orchestrator.cleanup(id, { deleteRef: true, by: 'client' })).rejects.toMatchObject(theUsers(id))
  expect(await refsOf(repo)).toBe(beside)
  await orchestrator.cleanup(id, { deleteRef: false, by: 'client' })
  expect(await gitIn(repo, ['show', `${beside}:aside.txt`])).toBe('aside')
})

test('chosen commits do not hold for a ref that was moved since', async () => {
  const { repo, setup, orchestrator, id } = await started(
    { merge: 'auto' },
    twoCommits.replace(/^echo 2/m, 'git branch spare; echo 2'),
  )
  await using _setup = setup
  await writeFile(join(repo, 'first.txt'), 'mine\n')
  await untilEnded(orchestrator, id)
  const first = await gitIn(repo, ['rev-parse', `refs/tasks/${id}~1`])
  expect(await orchestrator.reviews.accept(id, { only: [first] })).toMatchObject({ reason: 'local_changes' })
  await rm(join(repo, 'first.txt'))
  await gitIn(repo, ['update-ref', `refs/tasks/${id}`, first])
  for (const by of ['client', 'person'] as const) {
    await expect(orchestrator.merge(id, by)).rejects.toMatchObject({ message: expect.stringContaining('moved since') })
  }
  expect(await orchestrator.reviews.accept(id)).toMatchObject({ kind: 'merged', commits: 1 })
})

test('a policy that is made stricter binds tasks that run; one that is loosened, or gone, does not', async () => {
  const { root, repo, setup, orchestrator, id, allow } = await started(
    { merge: 'auto' },
    committed('greeting-$(cat $SHARE/task.md).txt'),
  )
  await using _setup = setup
  await until(() => isThere(root))
  await allow({ merge: 'review' })
  const later = await orchestrator.run({ description: 'later', repo: 'project' })
  const last = await orchestrator.run({ description: 'last', repo: 'project' })
  await writeFile(join(root, 'run', 'go'), '')
  expect(taskView(await untilEnded(orchestrator, id)).merge_result).toMatchObject({ reason: 'awaiting_review' })
  await allow({ merge: 'auto' })
  expect(taskView(await untilEnded(orchestrator, later)).merge_result).toMatchObject({ reason: 'awaiting_review' })
  expect(taskView(await untilEnded(orchestrator, last)).merge_result).toMatchObject({ reason: 'awaiting_review' })
  await expect(orchestrator.merge(later, 'client')).rejects.toMatchObject(theUsers(later))
  // It was made under `auto`, and what had it wait is gone.
  expect(await orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged' })
  await removeRepository(join(root, 'home'), 'project')
  await expect(orchestrator.merge(last, 'client')).rejects.toMatchObject(theUsers(last))
  expect(await refsOf(repo)).toBe([`refs/tasks/${later}`, `refs/tasks/${last}`].sort().join('\n'))
})

const leaves = (how: string) => `
touch $SHARE/started
cd $REPO
b=$(git branch --show-current)
git switch -qc other; echo X > README.md; git commit -qam X
git switch -q $b; echo Y > README.md; git commit -qam Y
${how}
echo '${successJson}' > $SHARE/result.json
`

test.each([
  ['in the middle of a merge', 'git merge -q other', { detail: expect.stringContaining('a merge under way') }],
  ['in the middle of a rebase', 'git rebase -q other', { detail: expect.stringContaining('a rebase under way') }],
  [
    'in the middle of a cherry-pick',
    'git cherry-pick other',
    { detail: expect.stringContaining('a cherry-pick under way') },
  ],
  ['with conflict markers committed', 'git merge -q other; git commit -qam Merged', { files: ['README.md'] }],
  [
    'with conflict markers of a stash',
    'echo Z > README.md; git stash -q; echo W > README.md; git commit -qam W; git stash pop -q',
    { files: ['README.md'] },
  ],
])(
  'an agent that ends %s merges nothing by itself nor for a client, and a person may take it',
  async (_name, how, told) => {
    const { repo, setup, orchestrator, id } = await started({ merge: 'auto' }, leaves(how))
    await using _setup = setup
    expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({
      ...{ status: 'completed', task_ref: `refs/tasks/${id}` },
      merge_result: { merged: false, reason: 'operation_left', ...told },
    })
    expect(await subjectsOf(repo)).toEqual(['Start'])
    await expect(orchestrator.merge(id, 'client')).rejects.toMatchObject(theUsers(id))
    expect(await orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged' })
  },
)

test('a file that had conflict markers before, or loses them, is none that an agent left', async () => {
  const guest = guestThatCommits('greeting.txt', 'echo more >> conflict.md; git mv conflict.md moved.md; rm fixture.md')
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const markers = '<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\nand a long text below it\nthat stays as it is\n'
  await writeFile(join(repo, 'conflict.md'), markers)
  await writeFile(join(repo, 'fixture.md'), markers)
  await gitIn(repo, ['add', '-A'])
  await gitIn(repo, ['commit', '-qm', 'Add fixtures'])
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'move it', repo: 'project' })
  expect(taskView(await untilEnded(setup.orchestrator, id)).merge_result).toMatchObject({ merged: true })
})

test.each<[string, MergePolicyChange, string]>([
  ['by itself', { merge: 'auto' }, ''],
  ['when a check succeeds', { check: 'true' }, ',"check":{"exit_code":0,"output":""}'],
])(
  'where work is merged %s, paths that run by themselves wait for a person, who accepts them',
  async (_name, policy, check) => {
    const guest = `
touch $SHARE/started; cd $REPO
mkdir -p .claude app; echo '{}' > .claude/settings.json; echo 'export A=1' > app/.envrc; echo 1 > plain.txt
git add -A -f; git commit -qm 'Add settings'
echo '${successJson.replace(/}$/, '')}${check}}' > $SHARE/result.json
`
    const { repo, setup, orchestrator, id } = await started(policy, guest)
    await using _setup = setup
    const held = ['.claude/settings.json', 'app/.envrc']
    expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({
      ...{ status: 'completed', task_ref: `refs/tasks/${id}` },
      merge_result: { merged: false, reason: 'held_paths', held, files: held, conflicts: [] },
    })
    expect(await subjectsOf(repo)).toEqual(['Start'])
    await expect(orchestrator.merge(id, 'client')).rejects.toMatchObject(theUsers(id))
    await expect(orchestrator.cleanup(id, { deleteRef: true, by: 'client' })).rejects.toMatchObject(theUsers(id))
    expect(await orchestrator.reviews.accept(id)).toMatchObject({ kind: 'merged', commits: 1 })
  },
)
