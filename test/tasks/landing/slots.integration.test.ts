import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../../main/core/failure.ts'
import type { Landing } from '../../../main/core/landing/landing.ts'
import type { CheckReport } from '../../../main/core/merge/check-report.ts'
import type { SlotId, TaskId } from '../../../main/core/task/task.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import type { CheckRequest } from '../../../main/tasks/landing/check-machines.ts'
import { Landings } from '../../../main/tasks/landing/landings.ts'
import type { Provisions } from '../../../main/tasks/slots/provisions.ts'
import { taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, makeRepository, subjectsOf } from '../../support/git/repositories.ts'
import { testKey } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const slot = 3 as SlotId
const policy = { kind: 'check', command: 'npm test' } as const

const provisions = async (): Promise<Provisions> => ({
  ...{ key: { variable: 'ANTHROPIC_API_KEY', value: testKey }, variables: {}, egress: 'closed', forwards: [] },
  gateway: {
    hosts: ['registry.example'],
    api: { url: 'https://api.example', credential: { header: 'x-api-key', key: testKey }, serverTools: 'refuse' },
  },
})

/** Works that may land, where every slot is held by some that wait to land. */
async function project(
  landing: Landing,
  run: (request: CheckRequest, signal: AbortSignal) => Promise<CheckReport>,
  booted = 'image',
) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  const landings = new Landings({
    home: join(folder, 'home'),
    repositories: { list: async () => [{ alias: 'project', path: repo, added: '', landing }] },
    parts: { driver: { imageKey: async () => 'image' }, limits: { cpus: 1, memoryMiB: 64 }, provisions },
    machines: { run: async (request, signal) => ({ report: await run(request, signal), image: booted }) },
    admission: { admit: () => Promise.reject(new AppError('slots-busy', 'All 10 slots are busy')) },
    warm: { slotIsFree: async () => undefined },
    onState: () => undefined,
    log: silentLog,
  })
  const wishOf = async (id: string, own: SlotId | null) => {
    const work = await taskWithCommit(repo, folder, { [`${id}.txt`]: 'mine\n' }, { id, message: `Work of ${id}` })
    const { commit } = await work.salvage()
    const { startCommit, branch } = work
    const identity = { id: id as TaskId, description: '', repo: 'project', repoPath: repo, owner: null, createdAt: '' }
    const task = { ...newTask(identity, folder), startCommit, branch }
    return { task, commit, policy, slot: own, signed: false, believesFailures: true, refused: async () => null }
  }
  return { repo, landings, wishOf, [Symbol.asyncDispose]: () => landings[Symbol.asyncDispose]() }
}

test.each(['direct', 'train'] as const)(
  'work with no slot is checked in that of work that waits behind it, where none comes free otherwise: landing %s',
  async (landing) => {
    const ran: (readonly [TaskId, SlotId])[] = []
    let inSlot = 0
    await using world = await project(landing, async ({ task, slot: at, terms }) => {
      expect(terms.provisions.gateway).toEqual({ hosts: ['registry.example'], api: null })
      inSlot += 1
      expect(inSlot).toBe(1) // Its disks are for one machine.
      ran.push([task.id, at])
      await new Promise((resolve) => setTimeout(resolve, 50))
      inSlot -= 1
      return { exitCode: 0, output: '' }
    })
    const { repo, landings } = world
    const wishes = [await world.wishOf('aaaaaaaa', null), await world.wishOf('bbbbbbbb', slot)]
    await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
    const outcomes = await Promise.all(wishes.map((wish) => landings.land(wish)))
    expect(outcomes.map(({ kind }) => kind)).toEqual(['merged', 'merged'])
    expect(ran).toHaveLength(2)
    expect(ran.every(([, at]) => at === slot)).toBe(true)
    expect((await subjectsOf(repo)).slice(0, 3)).toEqual(['Work of bbbbbbbb', 'Work of aaaaaaaa', 'By the user'])
  },
)

test('work that is taken out while another one is checked in its slot leaves when that machine has ended, and the other one is checked elsewhere', async () => {
  const said: string[] = []
  await using world = await project('direct', async ({ task: { id }, slot: at }, signal) => {
    said.push(`${id} is checked in ${at}`)
    if (at !== slot) return { exitCode: 0, output: '' }
    await until(() => signal.aborted)
    await new Promise((resolve) => setTimeout(resolve, 200)) // As a machine takes to end.
    said.push(`no machine is in ${at}`)
    throw signal.reason
  })
  const { repo, landings } = world
  const [first, lender, last] = [
    await world.wishOf('aaaaaaaa', null),
    await world.wishOf('bbbbbbbb', slot),
    await world.wishOf('cccccccc', 4 as SlotId),
  ]
  await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
  const ends = [first, lender, last].map((wish) => landings.land(wish))
  await until(() => said.includes('aaaaaaaa is checked in 3'))
  expect(await landings.withdraw('bbbbbbbb' as TaskId)).toMatchObject({ reason: 'withdrawn' })
  expect(said).toEqual(['aaaaaaaa is checked in 3', 'no machine is in 3'])
  expect((await Promise.all(ends)).map(({ kind }) => kind)).toEqual(['merged', 'unmerged', 'merged'])
  expect(said.slice(2)).toEqual(['aaaaaaaa is checked in 4', 'cccccccc is checked in 4'])
})

test('work whose environment is gone lands where nothing has to be checked, and says why where something has', async () => {
  await using world = await project('direct', () => Promise.reject(new Error('Nothing can be checked')))
  const { repo, landings } = world
  const without = async (id: string) => {
    const wish = await world.wishOf(id, slot)
    return { ...wish, task: { ...wish.task, environment: { kind: 'folder', path: join(repo, 'gone') } as const } }
  }
  expect(await landings.land(await without('aaaaaaaa'))).toMatchObject({ kind: 'merged', method: 'fast-forward' })
  const later = await without('bbbbbbbb')
  await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
  expect(await landings.land(later)).toMatchObject({
    ...{ kind: 'unmerged', reason: 'check_failed' },
    detail: expect.stringMatching(/could not be run on the work as it would be on main: .*gone/),
  })
})

test.each([
  ['image', 1],
  ['another', 2],
] as const)(
  'a check in a machine that booted %s counts, and is known later only where that was meant',
  async (booted, times) => {
    let checks = 0
    const run = async () => {
      checks += 1
      return { exitCode: 1, output: '' }
    }
    await using world = await project('direct', run, booted)
    const { repo, landings } = world
    const wish = await world.wishOf('aaaaaaaa', slot)
    await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
    for (const _ of [1, 2])
      expect(await landings.land(wish)).toMatchObject({ reason: 'check_failed', check: { exitCode: 1, image: booted } })
    expect(checks).toBe(times)
  },
)

test.each(['red', 'broken'] as const)(
  'a failure counts until its client asks again, while others still wait for the branch: %s',
  async (how) => {
    const ran: string[] = []
    let isMended = false
    await using world = await project('direct', async ({ task: { id } }, signal) => {
      ran.push(id)
      if (id === 'bbbbbbbb') {
        await until(() => signal.aborted)
        throw signal.reason
      }
      if (isMended) return { exitCode: 0, output: '' }
      if (how === 'broken') throw new Error('The disk is full')
      return { exitCode: 1, output: '' }
    })
    const { repo, landings } = world
    const [one, two] = [await world.wishOf('aaaaaaaa', slot), await world.wishOf('bbbbbbbb', 4 as SlotId)]
    await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
    const first = landings.land(one)
    const beside = landings.land(two)
    expect(await first).toMatchObject({ kind: 'unmerged', reason: 'check_failed' })
    await until(() => ran.includes('bbbbbbbb'))
    isMended = true
    const again = landings.land({ ...one, believesFailures: false })
    await until(() => landings.stateOf('aaaaaaaa' as TaskId) !== null)
    await landings.withdraw('bbbbbbbb' as TaskId)
    expect(await beside).toMatchObject({ reason: 'withdrawn' })
    expect(await again).toMatchObject({ kind: 'merged', check: { exitCode: 0 } })
    expect(ran).toEqual(['aaaaaaaa', 'bbbbbbbb', 'aaaaaaaa'])
  },
)
