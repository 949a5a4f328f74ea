import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SlotId, TaskId } from '../../../main/core/task/task.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { Landings } from '../../../main/tasks/landing/landings.ts'
import { taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, makeRepository } from '../../support/git/repositories.ts'
import { testKey } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const policy = { kind: 'check', command: 'npm test' } as const

test('work that collides with what came onto the branch while it was checked leaves its slot once the machine of that check has ended', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  const said: string[] = []
  await using landings = new Landings({
    home: join(folder, 'home'),
    repositories: { list: async () => [{ alias: 'project', path: repo, added: '', landing: 'train' }] },
    parts: {
      driver: { imageKey: async () => 'image' },
      limits: { cpus: 1, memoryMiB: 64 },
      provisions: async () => ({
        ...{ key: { variable: 'ANTHROPIC_API_KEY', value: testKey }, variables: {}, egress: 'closed', forwards: [] },
      }),
    },
    machines: {
      // It is ended, and takes a while for that, as a machine does.
      run: async ({ task: { id } }, signal) => {
        said.push(`${id} is checked`)
        await until(() => signal.aborted)
        await new Promise((resolve) => setTimeout(resolve, 300))
        said.push(`${id} has no machine`)
        throw signal.reason
      },
    },
    admission: { admit: () => Promise.reject(new Error('Each has a slot')) },
    warm: { slotIsFree: async () => undefined },
    onState: () => undefined,
    log: silentLog,
  })
  const wishOf = async (id: string, slot: number, path: string) => {
    const work = await taskWithCommit(repo, folder, { [path]: 'mine\n' }, { id, message: `Work of ${id}` })
    const { commit } = await work.salvage()
    const { startCommit, branch } = work
    const identity = { id: id as TaskId, description: '', repo: 'project', repoPath: repo, owner: null, createdAt: '' }
    const task = { ...newTask(identity, folder), startCommit, branch }
    const how = { signed: false, believesFailures: true, refused: async () => null }
    return { task, commit, policy, slot: slot as SlotId, ...how }
  }
  const [one, two] = [await wishOf('aaaaaaaa', 1, 'both.txt'), await wishOf('bbbbbbbb', 2, 'other.txt')]
  await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
  const over = landings
    .land(one)
    .then((outcome) => said.push(`aaaaaaaa left: ${'reason' in outcome && outcome.reason}`))
  await until(() => said.includes('aaaaaaaa is checked'))
  await commitFiles(repo, { 'both.txt': 'of the user\n' }, 'More by the user')
  landings.land(two).catch(() => undefined) // The end of the test finds it at its check.
  await over
  expect(said.slice(0, 3)).toEqual(['aaaaaaaa is checked', 'aaaaaaaa has no machine', 'aaaaaaaa left: conflicts'])
})
