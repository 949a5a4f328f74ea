import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('work that local changes kept off the branch is merged once they are committed, also by a later server', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await writeFile(join(repo, 'greeting.txt'), 'mine\n')
  const id = await (async () => {
    await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
    const started = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
    const task = await untilEnded(setup.orchestrator, started)
    expect(taskView(task).merge_result).toMatchObject({ merged: false, reason: 'local_changes' })
    expect(await setup.orchestrator.merge(started, 'client')).toMatchObject({
      kind: 'unmerged',
      reason: 'local_changes',
    })
    return started
  })()
  await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
  await gitIn(repo, ['stash', '--include-untracked'])
  await commitFiles(repo, { 'mine.txt': 'mine\n' }, 'My own commit')
  expect(await setup.orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', method: 'rebase', commits: 1 })
  expect((await subjectsOf(repo)).slice(0, 2)).toEqual(['Add greeting.txt', 'My own commit'])
  // Written while it was merged, so it says whose it is.
  expect(await gitIn(repo, ['log', '-1', '--format=%b'])).toBe(`Task: ${id}\nAgent: Claude Code\n`)
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(taskView(await setup.orchestrator.get(id))).toMatchObject({ status: 'completed', task_ref: null })
  const record = JSON.parse(await readFile(taskFiles(setup.home, id).mergeResult, 'utf8'))
  expect(record).toMatchObject({ merged: true, method: 'rebase' })
  expect(setup.events.read(0)).toHaveLength(1)
  await expect(setup.orchestrator.merge(id, 'client')).rejects.toMatchObject({ code: 'task-ended' })
})

test('what a failed task left can be taken, one that runs or left nothing cannot, and two calls at once do it once', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = `${guestThatCommits('greeting.txt', 'until [ -e $HOME/../go ]; do sleep 0.05; done')}\nexit 3`
  await using setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
  await expect(orchestrator.merge(id, 'client')).rejects.toMatchObject({ code: 'task-busy' })
  await mkdir(join(root, 'run'), { recursive: true })
  await writeFile(join(root, 'run', 'go'), '')
  expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({ status: 'failed', task_ref: `refs/tasks/${id}` })

  const both = await Promise.allSettled([orchestrator.merge(id, 'client'), orchestrator.merge(id, 'client')])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'task-busy' } })
  expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
  expect(taskView(await orchestrator.get(id))).toMatchObject({ status: 'completed', merge_result: { merged: true } })

  const other = await orchestrator.run({ description: 'nothing', repo: 'project' })
  await orchestrator.cancel(other)
  await untilEnded(orchestrator, other)
  await gitIn(repo, ['update-ref', '-d', `refs/tasks/${other}`])
  await expect(orchestrator.merge(other, 'client')).rejects.toMatchObject({ code: 'merge-failed' })
})
