import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { registerRepository, removeRepository } from '../../../main/settings/repositories.ts'
import { UnfinishedTasks } from '../../../main/tasks/record/unfinished-tasks.ts'
import { subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const waiting = guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done')

/** A task whose orchestrator went away while it worked. */
async function leftAtWork() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const first = await startOrchestrator({ root, guest: waiting })
  const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
  await until(async () => (await first.orchestrator.get(id)).state.phase === 'working')
  await first[Symbol.asyncDispose]()
  const letGo = () => writeFile(join(root, 'run', id, 'go'), '')
  const index = async () => JSON.parse(await readFile(join(root, 'home', 'unfinished.json'), 'utf8')).tasks
  return { root, repo, id, letGo, index }
}

describe('an unfinished task', () => {
  test('of a repository that was taken off the list meanwhile is seen through', async () => {
    const { root, repo, id, letGo, index } = await leftAtWork()
    await removeRepository(join(root, 'home'), 'project')
    await using second = await startOrchestrator({ root, guest: waiting })
    await letGo()
    expect(taskView(await untilEnded(second.orchestrator, id))).toMatchObject({ status: 'completed' })
    expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
    await until(async () => Object.keys(await index()).length === 0)
  })

  test('of a repository that was moved meanwhile, and registered there, gets its work onto the branch there', async () => {
    const { root, repo, id, letGo, index } = await leftAtWork()
    await removeRepository(join(root, 'home'), 'project')
    const moved = join(root, 'moved')
    await rename(repo, moved)
    await registerRepository(join(root, 'home'), { path: moved })
    await using second = await startOrchestrator({ root, guest: waiting })
    await letGo()
    expect(await untilEnded(second.orchestrator, id)).toMatchObject({ repoPath: moved, state: { phase: 'finished' } })
    expect((await subjectsOf(moved))[0]).toBe('Add greeting.txt')
    await until(async () => Object.keys(await index()).length === 0)
  })

  test('is found with no index, too, which is then made again', async () => {
    const { root, id, repo, letGo, index } = await leftAtWork()
    await rm(join(root, 'home', 'unfinished.json'))
    await using second = await startOrchestrator({ root, guest: waiting })
    expect(await index()).toEqual({ [id]: repo })
    await letGo()
    await untilEnded(second.orchestrator, id)
  })
})

test('a damaged index is set aside', async () => {
  const path = join(await temporaryFolder(), 'unfinished.json')
  await writeFile(path, '{"schemaVersion":1,"tas')
  const index = await UnfinishedTasks.open(path, silentLog)
  expect(index.entries()).toEqual([])
  expect(await readFile(`${path}.damaged`, 'utf8')).toBe('{"schemaVersion":1,"tas')
  await Promise.all(['aaaaaaaa', 'bbbbbbbb'].map((id) => index.add(taskId(id), '/repository')))
  await index.remove(taskId('aaaaaaaa'))
  expect((await UnfinishedTasks.open(path, silentLog)).entries()).toEqual([{ id: 'bbbbbbbb', repoPath: '/repository' }])
})

test('a task whose entry cannot be written is accepted all the same: its record is enough', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: waiting })
  await mkdir(join(root, 'home', 'unfinished.json'))
  const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
  await until(async () => (await setup.orchestrator.get(id)).state.phase === 'working')
  await writeFile(join(root, 'run', id, 'go'), '')
  await untilEnded(setup.orchestrator, id)
})
