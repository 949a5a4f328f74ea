import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTaskId, type Task, type TaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { tasksDirectory } from '../../../main/lib/files/paths.ts'
import { isAlive } from '../../../main/lib/processes/process-identity.ts'
import type { Machine, MachineDriver, MachineSpec } from '../../../main/machines/driver.ts'
import type { Provisions } from '../../../main/tasks/slots/provisions.ts'
import {
  guestThatCommits,
  guestThatWaits,
  type OrchestratorSetup,
  registeredRepository,
  startOrchestrator,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

/** Works until a file named `go-TEXT`, or `go`, appears beside the machines' folders. */
const guest = guestThatWaits(
  guestThatCommits(
    '$(cat $SHARE/task.md).txt',
    'until [ -e $HOME/../go ] || [ -e "$HOME/../go-$(cat $SHARE/task.md)" ]; do sleep 0.02; done',
  ),
)

/** An orchestrator, the machines that it started, and what it takes to have tasks end. */
async function place(setup: Partial<OrchestratorSetup> = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await mkdir(join(root, 'run'), { recursive: true })
  const machines: { readonly spec: MachineSpec; readonly machine: Machine }[] = []
  const watched = (driver: MachineDriver): MachineDriver => ({
    ...driver,
    start: async (spec, signal) => {
      const machine = await driver.start(spec, signal)
      machines.push({ spec, machine })
      return machine
    },
  })
  const start = () => startOrchestrator({ root, guest, driver: watched, warmMachines: 1, ...setup })
  const started = (name: string) => machines.filter(({ spec }) => spec.name === name)
  const folders = async () => (await readdir(tasksDirectory(join(root, 'home')))).filter((name) => parseTaskId(name))
  const unfinished = async () =>
    Object.keys(JSON.parse(await readFile(join(root, 'home', 'unfinished.json'), 'utf8')).tasks)
  return {
    root,
    repo,
    machines,
    start,
    started,
    folders,
    unfinished,
    go: (name?: string) => writeFile(join(root, 'run', name === undefined ? 'go' : `go-${name}`), ''),
    /** The machine that waits for a task, when it says so. */
    waiting: async (known: readonly TaskId[]) => {
      const isNew = ({ spec }: { spec: MachineSpec }) => !known.some((id) => id === spec.name)
      await until(async () => {
        const found = machines.find(isNew)
        return (
          found !== undefined &&
          (await pathExists(join(tasksDirectory(join(root, 'home')), found.spec.name, 'share/waiting')))
        )
      })
      const found = machines.find(isNew)
      if (!found) throw new Error('There is no such machine')
      return found
    },
  }
}

type Started = Awaited<ReturnType<typeof startOrchestrator>>

const run = ({ orchestrator }: Started, description: string, repo = 'project') =>
  orchestrator.run({ description, repo })
const merged = async ({ orchestrator }: Started, id: TaskId): Promise<Task> => {
  const task = await untilEnded(orchestrator, id)
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  return task
}

test('the second task of a repository has a machine that was booted while the first one worked', async () => {
  const { start, go, waiting, started, machines, unfinished } = await place()
  await using setup = await start()
  const first = await run(setup, 'first')
  const ahead = await waiting([first])
  expect(setup.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toHaveLength(1)
  expect(await setup.orchestrator.list()).toHaveLength(1)
  await until(async () => (await readFile(join(setup.home, 'unfinished.json'), 'utf8')).includes(ahead.spec.name))

  const second = await run(setup, 'second')
  expect(second).toBe(ahead.spec.name)
  await until(async () => (await setup.orchestrator.get(second)).state.phase === 'working')
  const { machine, machineWaitedMs } = await setup.orchestrator.get(second)
  expect(machine?.pid).toBe(ahead.machine.handle.pid)
  expect(machineWaitedMs).toBeGreaterThan(0)
  expect(started(second)).toHaveLength(1)
  await waiting([first, second])
  await go()
  await merged(setup, first)
  await merged(setup, second)
  expect(machines).toHaveLength(3)
  // The entry of a task goes a moment after its end was told.
  await expect.poll(unfinished).toEqual([machines[2]?.spec.name])
})

test('without the setting nothing is booted ahead', async () => {
  const { start, go, machines } = await place({ warmMachines: 0 })
  await using setup = await start()
  const id = await run(setup, 'only')
  await go()
  await merged(setup, id)
  expect(machines).toHaveLength(1)
})

test('an orchestrator that ends takes the machine, its folder and its entry with it', async () => {
  const { start, go, waiting, folders, unfinished } = await place()
  const setup = await start()
  const id = await run(setup, 'only')
  const ahead = await waiting([id])
  await go()
  await merged(setup, id)
  await setup[Symbol.asyncDispose]()
  expect(await isAlive(ahead.machine.handle)).toBe(false)
  expect(await folders()).toEqual([id])
  expect(await unfinished()).toEqual([])
})

test('what a crash left of it is gone at the next start, and a folder with work in it is not', async () => {
  const { root, repo, start, folders } = await place()
  await (await start())[Symbol.asyncDispose]()
  const left = join(tasksDirectory(join(root, 'home')), '0a0a0a0a')
  const full = join(tasksDirectory(join(root, 'home')), '0b0b0b0b')
  for (const folder of [left, full])
    for (const part of ['share', 'repo']) await mkdir(join(folder, part), { recursive: true })
  await writeFile(join(left, 'share', 'standby'), '')
  await writeFile(join(full, 'repo', 'work.txt'), 'Work')
  await writeFile(
    join(root, 'home', 'unfinished.json'),
    JSON.stringify({ schemaVersion: 1, tasks: { '0a0a0a0a': repo, '0b0b0b0b': repo } }),
  )
  await using _ = await start()
  expect(await folders()).toEqual(['0b0b0b0b'])
  expect(await readdir(join(full, 'repo'))).toEqual(['work.txt'])
})

test('a task that is given something else than the waiting machine has one of its own', async () => {
  const changing: { -readonly [Key in keyof Provisions]?: Provisions[Key] } = {}
  const { start, go, waiting, started } = await place({
    provisions: {
      get forwards() {
        return changing.forwards ?? []
      },
    },
  })
  await using setup = await start()
  const first = await run(setup, 'first')
  const ahead = await waiting([first])
  changing.forwards = [{ host: '127.0.0.1', port: 8080 }]
  const second = await run(setup, 'second')
  await go()
  await merged(setup, first)
  const { machine, machineWaitedMs } = await merged(setup, second)
  expect(second).toBe(ahead.spec.name)
  expect(started(second)).toHaveLength(2)
  expect(await isAlive(ahead.machine.handle)).toBe(false)
  expect(machine?.pid).not.toBe(ahead.machine.handle.pid)
  expect(machineWaitedMs).toBe(0)
})

test('a machine that dies while it waits leaves nothing, and the next task has one of its own', async () => {
  const { start, go, waiting, folders } = await place()
  await using setup = await start()
  const first = await run(setup, 'first')
  const ahead = await waiting([first])
  process.kill(-ahead.machine.handle.pid, 'SIGKILL')
  await until(async () => !(await folders()).includes(ahead.spec.name))
  const second = await run(setup, 'second')
  expect(second).not.toBe(ahead.spec.name)
  await go()
  await merged(setup, first)
  await merged(setup, second)
})

test('a machine that waits gives its slot to a task that finds no other', async () => {
  const { start, go, waiting } = await place()
  await using setup = await start()
  const first = await run(setup, 'f0')
  const ahead = await waiting([first])
  const others = await registeredRepository(join(setup.home, '..'), 'others')
  expect(others).toContain('others')
  const rest: TaskId[] = []
  for (let n = 1; n < 10; n += 1) rest.push(await run(setup, `f${n}`, 'others'))
  expect(setup.orchestrator.slots().every(({ taskId }) => taskId !== null)).toBe(true)
  await until(async () => !(await isAlive(ahead.machine.handle)))
  await go()
  for (const id of [first, ...rest]) await merged(setup, id)
})

test('a machine waits only where a task has room beside it, and ends when that room is needed', async () => {
  const memory = { available: 2500 }
  const { start, go, waiting, machines } = await place({
    limits: { memoryMiB: 1000 },
    hostMemory: () => Promise.resolve(memory.available),
  })
  await using setup = await start()
  await registeredRepository(join(setup.home, '..'), 'others')
  const first = await run(setup, 'first')
  await until(async () => (await setup.orchestrator.get(first)).state.phase === 'working')
  await go('first')
  await merged(setup, first)
  const ahead = await waiting([first])

  memory.available = 1500
  const second = await run(setup, 'second', 'others')
  expect(await isAlive(ahead.machine.handle)).toBe(false)
  await go()
  await merged(setup, second)
  expect(machines).toHaveLength(3)
})

test('a task that may wait need not where a machine waits for it', async () => {
  const { start, go, waiting } = await place({ queue: true })
  await using setup = await start()
  const first = await run(setup, 'first')
  const ahead = await waiting([first])
  const second = await run(setup, 'second')
  expect(second).toBe(ahead.spec.name)
  await go()
  await merged(setup, first)
  await merged(setup, second)
})

test('a task that may wait does not overtake one that waits already', async () => {
  let memory = Promise.resolve(1_000_000)
  const { start, go, waiting } = await place({ queue: true, hostMemory: () => memory })
  await using setup = await start()
  await registeredRepository(join(setup.home, '..'), 'others')
  const first = await run(setup, 'first')
  const ahead = await waiting([first])
  const held = Promise.withResolvers<number>()
  memory = held.promise
  const early = await run(setup, 'early', 'others')
  const late = await run(setup, 'late')
  const positions = [early, late].map((id) => setup.orchestrator.queuePosition(id))
  held.resolve(1_000_000)
  await go()
  expect(late).not.toBe(ahead.spec.name)
  expect(positions).toEqual([1, 2])
  for (const id of [first, early, late]) await merged(setup, id)
})
