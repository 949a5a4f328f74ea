import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MergePolicyChange } from '../../../main/core/merge/merge-policy.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import {
  guestThatCommits,
  registeredRepository,
  startOrchestrator,
  successJson,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Sees to it that the guest was told the command, and leaves what its runner would have of it. */
const guestThatChecks = (exitCode: number) => `
${guestThatCommits('greeting.txt')}
grep -qz '^MICROVM_CHECK=npm test$' $SHARE/environment
echo '${successJson.replace(/}$/, `,"check":{"exit_code":${exitCode},"output":"2 tests\\nready\\n"}}`)}' > $SHARE/result.json
`

async function runUnder(policy: MergePolicyChange, guest: string) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, ...policy })
  const before = await gitIn(repo, ['rev-parse', 'main'])
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
  // What holds is what was on record when the task was made.
  await registerRepository(join(root, 'home'), { path: repo, merge: 'auto' })
  const view = taskView(await untilEnded(setup.orchestrator, id))
  const unmoved = (await gitIn(repo, ['rev-parse', 'main'])) === before
  const merged = view.merge_result?.merged ? undefined : await setup.orchestrator.merge(id, 'person')
  return {
    repo,
    id,
    view,
    unmoved,
    merged,
    result: JSON.parse(await readFile(taskFiles(setup.home, id).result, 'utf8')),
  }
}

test('under review, work waits at its ref and is merged when it is accepted', async () => {
  const { repo, id, view, unmoved, merged } = await runUnder({ merge: 'review' }, guestThatCommits('greeting.txt'))
  expect(view).toMatchObject({
    status: 'completed',
    task_ref: `refs/tasks/${id}`,
    merge_result: { merged: false, reason: 'awaiting_review', conflicts: [] },
  })
  expect(unmoved).toBe(true)
  expect(merged).toMatchObject({ kind: 'merged', method: 'fast-forward', commits: 1 })
  expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
})

test('a check that succeeds has the work merged, and its output is kept', async () => {
  const { view, result } = await runUnder({ check: 'npm test' }, guestThatChecks(0))
  expect(view).toMatchObject({ merge_result: { merged: true }, result: { success: true } })
  expect(result).toMatchObject({ check: { exit_code: 0, output: '2 tests\nready\n' } })
})

test.each([
  ['fails', guestThatChecks(3), "'npm test' failed (exit status 3)"],
  ['was never run', guestThatCommits('greeting.txt'), "'npm test' was not run"],
])('a check that %s leaves the work at its ref, with the reason', async (_name, guest, reason) => {
  const { view, unmoved, merged } = await runUnder({ check: 'npm test' }, guest)
  expect(view).toMatchObject({
    status: 'completed',
    merge_result: { merged: false, reason: 'check_failed', detail: expect.stringContaining(reason) },
  })
  expect(unmoved).toBe(true)
  expect(merged).toMatchObject({ kind: 'merged' })
})

test('a task that left nothing has nothing to review', async () => {
  const guest = `touch $SHARE/started; echo '${successJson}' > $SHARE/result.json`
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, merge: 'review' })
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'look', repo: 'project' })
  expect(taskView(await untilEnded(setup.orchestrator, id)).merge_result).toMatchObject({
    merged: true,
    method: 'none',
  })
})
