import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../../main/core/failure.ts'
import type { SlotId, TaskId } from '../../../main/core/task/task.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import type { CheckRequest } from '../../../main/tasks/landing/check-machines.ts'
import { Landings } from '../../../main/tasks/landing/landings.ts'
import { taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, makeRepository, subjectsOf } from '../../support/git/repositories.ts'
import { testKey } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const slot = 3 as SlotId
const policy = { kind: 'check', command: 'npm test' } as const

test.each(['direct', 'train'] as const)(
  'work with no slot is checked in that of work that waits behind it, where none comes free otherwise: landing %s',
  async (landing) => {
    const folder = await temporaryFolder()
    const repo = join(folder, 'project')
    await makeRepository(repo)
    const ran: (readonly [TaskId, SlotId])[] = []
    let inSlot = 0
    await using landings = new Landings({
      home: join(folder, 'home'),
      repositories: { list: async () => [{ alias: 'project', path: repo, added: '', landing }] },
      provisions: async () => ({
        ...{ key: { variable: 'ANTHROPIC_API_KEY', value: testKey }, variables: {}, egress: 'closed', forwards: [] },
        gateway: {
          hosts: ['registry.example'],
          api: { url: 'https://api.example', credential: { header: 'x-api-key', key: testKey }, serverTools: 'refuse' },
        },
      }),
      machines: {
        run: async ({ task, slot: at, provisions }: CheckRequest) => {
          expect(provisions.gateway).toEqual({ hosts: ['registry.example'], api: null })
          inSlot += 1
          expect(inSlot).toBe(1) // Its disks are for one machine.
          ran.push([task.id, at])
          await new Promise((resolve) => setTimeout(resolve, 50))
          inSlot -= 1
          return { exitCode: 0, output: '' }
        },
      },
      // Every slot is held by work that waits to land.
      admission: { admit: () => Promise.reject(new AppError('slots-busy', 'All 10 slots are busy')) },
      warm: { slotIsFree: async () => undefined },
      onState: () => undefined,
      log: silentLog,
    })
    const wishOf = async (id: string, own: SlotId | null) => {
      const work = await taskWithCommit(repo, folder, { [`${id}.txt`]: 'mine\n' }, { id, message: `Work of ${id}` })
      const { commit } = await work.salvage()
      const { startCommit, branch } = work
      const identity = {
        id: id as TaskId,
        description: '',
        repo: 'project',
        repoPath: repo,
        owner: null,
        createdAt: '',
      }
      const task = { ...newTask(identity, folder), startCommit, branch }
      return { task, commit, policy, slot: own, signed: false, believesFailures: true, refused: async () => null }
    }
    const wishes = [await wishOf('aaaaaaaa', null), await wishOf('bbbbbbbb', slot)]
    await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
    const outcomes = await Promise.all(wishes.map((wish) => landings.land(wish)))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['merged', 'merged'])
    expect(ran).toHaveLength(2)
    expect(ran.every(([, at]) => at === slot)).toBe(true)
    expect((await subjectsOf(repo)).slice(0, 3)).toEqual(['Work of bbbbbbbb', 'Work of aaaaaaaa', 'By the user'])
  },
)
