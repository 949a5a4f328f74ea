import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTaskId, type TaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { tasksDirectory } from '../../../main/lib/files/paths.ts'
import { isAlive, pidIsTaken } from '../../../main/lib/processes/process-identity.ts'
import type { Machine, MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import type { RunRequest } from '../../../main/tasks/contract.ts'
import type { Provisions } from '../../../main/tasks/slots/provisions.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { runnerGuest, wakingDriver } from '../../support/machines/runner-guest.ts'
import { registeredRepository, standIn, startOrchestrator, testKey, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const rules = (text: string): NonNullable<Provisions['claudeHome']> => ({
  files: [{ path: 'CLAUDE.md', text, executable: false }],
  leftOut: [],
})

/** An orchestrator whose machines run the real runner, one repository, and what its agents wrote. */
async function place(given: Partial<Provisions> = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const seen = join(root, 'seen')
  await mkdir(seen)
  const provisions: { -readonly [Key in keyof Provisions]?: Provisions[Key] } = {
    ...standIn,
    ...given,
  }
  const machines: { readonly spec: MachineSpec; readonly machine: Machine }[] = []
  const watched = (driver: MachineDriver): MachineDriver => ({
    ...wakingDriver(driver),
    start: async (spec, signal) => {
      const machine = await wakingDriver(driver).start(spec, signal)
      machines.push({ spec, machine })
      return machine
    },
  })
  const agents = async () =>
    (await readFile(join(seen, 'agents'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const folder = (id: string) => join(tasksDirectory(join(root, 'home')), id)
  return {
    ...{ root, repo, seen, provisions, machines, agents, folder },
    home: join(root, 'home'),
    started: (id: TaskId) => machines.filter(({ spec }) => spec.name === id),
    go: () => writeFile(join(seen, 'go'), ''),
    begun: async () => (await agents()).filter((line) => line.startsWith('begun ')),
    start: () =>
      startOrchestrator({
        ...{ root, guest: runnerGuest({ seen }), driver: watched, warmMachines: 1 },
        // Asked each time, as settings are.
        provisions: new Proxy({} as Partial<Provisions>, {
          ownKeys: () => Reflect.ownKeys(provisions),
          getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(provisions, name),
          get: (_, name) => Reflect.get(provisions, name),
        }),
      }),
  }
}

type Place = Awaited<ReturnType<typeof place>>
type Started = Awaited<ReturnType<Place['start']>>

const run = ({ orchestrator }: Started, description: string, more: Partial<RunRequest> = {}) =>
  orchestrator.run({ description, repo: 'project', ...more })

async function merged({ orchestrator }: Started, id: TaskId) {
  const task = await untilEnded(orchestrator, id)
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  return task
}

/** A first task from its beginning to its end, and the agent that is loaded for the next one; that one's machine. */
async function loadedAfterFirst(world: Place, setup: Started) {
  await world.go()
  const first = await run(setup, 'first')
  await merged(setup, first)
  await until(async () => (await world.begun()).length === 2)
  const ahead = world.machines.find(({ spec }) => spec.name !== first)
  if (!ahead) throw new Error('There is no machine ahead')
  return { first, ahead }
}

test('an agent is loaded for the next task once nothing of its repository is at work, and is told that', async () => {
  const world = await place({ variables: { EXTRA: 'given' }, claudeHome: rules('Be brief') })
  await using setup = await world.start()
  const { ahead } = await loadedAfterFirst(world, setup)
  expect(await setup.orchestrator.list()).toHaveLength(1)
  const head = (await gitIn(world.repo, ['rev-parse', 'HEAD'])).trim()
  const second = await run(setup, 'second')
  const task = await merged(setup, second)
  expect(second).toBe(ahead.spec.name)
  expect(world.started(second)).toHaveLength(1)
  expect(task.startCommit).toBe(head)
  const lines = (await world.agents()).slice(0, 4)
  expect(lines.map((line) => line.split(' ', 2).join(' '))).toEqual([
    expect.stringMatching(/^begun /),
    'told first',
    `begun ${head}`,
    'told second',
  ])
  expect(lines[2]).toContain(`extra=given shell=yes key=${standIn.key.value} rules=Be brief`)
  expect(await gitIn(world.repo, ['ls-tree', '--name-only', 'main'])).toContain('second.txt')
  expect(await pathExists(join(world.folder(second), 'share', '.api-key'))).toBe(false)
})

/** What may be otherwise than it was when the agent was loaded, one after the other, and what the agent of the task then finds. */
const differences: readonly {
  readonly what: string
  readonly change?: (world: Place) => Promise<unknown> | unknown
  readonly request?: Partial<RunRequest>
  readonly finds: (head: string) => string
  /** Where the waiting machine itself is another one than the task needs. */
  readonly otherMachine?: true
}[] = [
  {
    what: 'a commit more',
    change: ({ repo }) => gitIn(repo, ['commit', '--quiet', '--allow-empty', '-m', 'More']),
    finds: (head) => `begun ${head}`,
  },
  { what: 'another model', request: { agent: { model: 'other-model' } }, finds: () => 'model=other-model' },
  // The task before it was the last that anybody knew of.
  { what: 'no model of its own', finds: () => 'model= ' },
  {
    what: 'nothing of the user any more',
    change: ({ provisions }) => delete provisions.claudeHome,
    finds: () => 'rules= ',
  },
  {
    what: 'another gateway',
    change: ({ provisions }) => {
      provisions.gateway = { hosts: ['example.com:443'], api: standIn.gateway?.api ?? null }
    },
    finds: (head) => `begun ${head}`,
    otherMachine: true,
  },
]

test('an agent that was loaded ahead is not used where its task has something else', async () => {
  const world = await place({ claudeHome: rules('Be brief') })
  await using setup = await world.start()
  await loadedAfterFirst(world, setup)
  for (const [index, { what, change, request, finds, otherMachine }] of differences.entries()) {
    await until(async () => (await world.agents()).at(-1)?.startsWith('begun ') ?? false)
    const before = (await world.agents()).length
    const ahead = world.machines.at(-1)
    if (!ahead) throw new Error('There is no machine ahead')
    // What runs before an agent may leave files, which are not for the next one.
    await writeFile(join(world.folder(ahead.spec.name), 'repo', 'left-over'), 'Of the agent that was loaded')
    await change?.(world)
    const head = (await gitIn(world.repo, ['rev-parse', 'HEAD'])).trim()
    const id = await run(setup, `task-${index}`, request)
    await merged(setup, id)
    expect(id, what).toBe(ahead.spec.name)
    expect(world.started(id), what).toHaveLength(otherMachine ? 2 : 1)
    const [began, told] = (await world.agents()).slice(before)
    expect(began, what).toContain(finds(head))
    expect(told, what).toBe(`told task-${index}`)
  }
  expect(await gitIn(world.repo, ['ls-tree', '--name-only', 'main'])).not.toContain('left-over')
})

test('nobody waits with the key of the user', async () => {
  const world = await place({ key: { variable: 'ANTHROPIC_API_KEY', value: testKey } })
  await using setup = await world.start()
  await world.go()
  const first = await run(setup, 'first')
  await merged(setup, first)
  await until(async () => {
    const ahead = world.machines.find(({ spec }) => spec.name !== first)
    return ahead !== undefined && (await pathExists(join(world.folder(ahead.spec.name), 'share', 'waiting')))
  })
  const second = await run(setup, 'second')
  await merged(setup, second)
  const lines = (await world.agents()).slice(0, 4)
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['begun', 'told', 'begun', 'told'])
  expect(world.started(second)).toHaveLength(1)
  const console = await readFile(join(world.folder(second), 'serial.log'), 'utf8')
  expect(console).toContain('booted ahead')
  expect(console).not.toContain('loaded ahead')
})

test('where what was loaded has ended by itself, the task begins in the same machine as if it had not been there', async () => {
  const world = await place()
  await using setup = await world.start()
  const { ahead } = await loadedAfterFirst(world, setup)
  const state = join(ahead.machine.handle.runDirectory, 'state', 'private')
  process.kill(Number(await readFile(join(state, 'claude-pid'), 'utf8')), 'SIGKILL')
  const second = await run(setup, 'second')
  await merged(setup, second)
  expect(world.started(second)).toHaveLength(1)
  expect(await readFile(join(world.folder(second), 'serial.log'), 'utf8')).toContain('what was loaded ahead has ended')
})

test('a machine that dies with its agent leaves nothing, and the next task has one of its own', async () => {
  const world = await place()
  await using setup = await world.start()
  const { first, ahead } = await loadedAfterFirst(world, setup)
  process.kill(-ahead.machine.handle.pid, 'SIGKILL')
  await until(async () => !(await pathExists(world.folder(ahead.spec.name))))
  const second = await run(setup, 'second')
  expect([first, ahead.spec.name]).not.toContain(second)
  await merged(setup, second)
})

test('a cancelled task whose agent was loaded ahead ends with its machine', async () => {
  const world = await place()
  await using setup = await world.start()
  const { ahead } = await loadedAfterFirst(world, setup)
  const agent = Number(await readFile(join(ahead.machine.handle.runDirectory, 'state/private/claude-pid'), 'utf8'))
  const second = await run(setup, 'second')
  await setup.orchestrator.cancel(second)
  expect((await untilEnded(setup.orchestrator, second)).state).toMatchObject({
    outcome: { kind: 'cancelled' },
  })
  await until(async () => !(await isAlive(ahead.machine.handle)))
  await until(() => !pidIsTaken(agent))
})

test('an orchestrator that ends takes the agent, its machine and its clone with it', async () => {
  const world = await place()
  const setup = await world.start()
  const { first, ahead } = await loadedAfterFirst(world, setup)
  const agent = Number(await readFile(join(ahead.machine.handle.runDirectory, 'state/private/claude-pid'), 'utf8'))
  await setup[Symbol.asyncDispose]()
  expect(await isAlive(ahead.machine.handle)).toBe(false)
  await until(() => !pidIsTaken(agent))
  expect((await readdir(tasksDirectory(world.home))).filter((name) => parseTaskId(name))).toEqual([first])
})

test('what a crash left of a clone for a task to come is gone at the next start', async () => {
  const world = await place()
  await (await world.start())[Symbol.asyncDispose]()
  const left = world.folder('0a0a0a0a')
  for (const part of ['share', 'repo', 'ahead']) await mkdir(join(left, part), { recursive: true })
  await writeFile(join(left, 'repo', 'flake.nix'), '{}')
  const tasks = { '0a0a0a0a': world.repo }
  await writeFile(join(world.home, 'unfinished.json'), JSON.stringify({ schemaVersion: 1, tasks }))
  await using _ = await world.start()
  expect(await pathExists(left)).toBe(false)
})
