import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import type { Task, TaskId } from '../../main/core/task/task.ts'
import type { Engine, JobState } from '../../main/fleet/engine.ts'
import { VisitedPlaces } from '../../main/fleet/follow/visited.ts'
import { JobWatch } from '../../main/fleet/jobs/job-watch.ts'
import { runAtPlace } from '../../main/fleet/place-task.ts'
import type { PlacedRun } from '../../main/tasks/run/task-run.ts'
import { registeredRepository, startOrchestrator } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const nodes = 20
const queuedMs = 2_000
const patience = { retryMs: { least: 200, most: 2_000 }, lostMs: 600_000, stopMs: 60_000, endMs: 60_000 }

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A place with a queue, whose jobs wait for a while and are then keepers in the process at the socket. */
function queueOf(socket: string): Engine & { looks: number } {
  const submitted = new Map<string, number>()
  const stateOf = (at: number): JobState =>
    Date.now() - at < queuedMs ? { kind: 'queued', why: 'Resources' } : { kind: 'running', node: 'one-of-many' }
  const engine: Engine & { looks: number } = {
    ...{ looks: 0, hasQueue: true },
    submit: async ({ seat }) => void submitted.set(seat, Date.now()),
    look: async () => {
      engine.looks += 1
      return new Map([...submitted].map(([seat, at]) => [seat, stateOf(at)]))
    },
    cancel: async () => undefined,
    attach: (seat) => {
      const pipe = createConnection(socket)
      pipe.write(`${seat}\n`)
      const ended = once(pipe, 'close').then(() => undefined)
      return { readable: pipe, writable: pipe, lastWords: () => '', ended, end: () => void pipe.destroy() }
    },
  }
  return engine
}

/** So many tasks over the nodes, all at once. Per task: this process's time in ms, what it takes up while all work, in bytes; and the questions to each place. */
async function fleetOf(count: number) {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const socket = join(root, 'nodes.sock')
  const program = join(import.meta.dirname, '../support/fleet/many-nodes.ts')
  const child = spawn(process.execPath, [program, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const places = Array.from({ length: nodes }, (_, number) => {
    const engine = queueOf(socket)
    const place = {
      name: `node-${number}`,
      kind: 'ssh',
      host: `node-${number}`,
      options: [],
      command: ['/n', '/p'],
    } as const
    return { place, engine, watch: new JobWatch(engine) }
  })
  const at = (name: string) => places.find(({ place }) => place.name === name) ?? expect.fail(`no place ${name}`)
  const visited = new VisitedPlaces()
  await using home = await startOrchestrator({
    ...{ root, guest: 'exit 1' },
    places: () => ({
      find: async (name: string) => ({ ...at(name).place, homeKey: '0'.repeat(16) }),
      list: async () => places.map(({ place }) => place),
      room: () => 'free' as const,
      standing: () => undefined,
      problems: async () => [],
      look: async () => undefined,
      bringRest: async () => false,
      run: (run: PlacedRun) => {
        const { engine, watch } = at(run.record.task.place?.name ?? '')
        return runAtPlace(run, {
          ...{ engine, watch, visited, near: null, patience: { ...patience, overtimeMs: 600_000, keyMs: 1_000 } },
          onStanding: () => undefined,
        })
      },
    }),
  })
  const { orchestrator } = home
  const inPhase = async (phase: Task['state']['phase'], ids: readonly TaskId[]) =>
    (await Promise.all(ids.map((id) => orchestrator.get(id)))).filter(({ state }) => state.phase === phase).length
  collect()
  const before = { cpu: process.cpuUsage(), heap: process.memoryUsage().heapUsed }
  const ids: TaskId[] = []
  for (let number = 0; number < count; number += 1)
    ids.push(
      await orchestrator.run({ description: `Task ${number}`, repo: 'project', place: `node-${number % nodes}` }),
    )
  const soon = { timeout: 600_000, interval: 1_000 }
  await expect.poll(() => inPhase('working', ids), soon).toBe(count)
  const looks = Math.max(...places.map(({ engine }) => engine.looks))
  collect()
  const heap = process.memoryUsage().heapUsed - before.heap
  child.kill('SIGUSR2')
  await expect.poll(() => home.events.read(0).length, soon).toBe(count)
  expect(await inPhase('finished', ids)).toBe(count)
  const { user, system } = process.cpuUsage(before.cpu)
  child.kill()
  return { cpuMs: (user + system) / 1_000 / count, heap: heap / count, looks }
}

const whole = { timeout: 20 * 60_000 }

test(
  'two hundred tasks over twenty nodes cost no more each than twenty do, and one question is asked for all',
  whole,
  async () => {
    await fleetOf(nodes) // What is loaded and made once.
    const few = await fleetOf(nodes)
    const many = await fleetOf(10 * nodes)
    process.stdout.write(`${JSON.stringify({ few, many })}\n`)
    expect(many.cpuMs / few.cpuMs).toBeLessThan(2)
    expect(many.heap).toBeLessThan(1024 ** 2)
    // A place of ten tasks is asked about as often for each as a place of one.
    expect(many.looks / few.looks).toBeLessThan(nodes)
  },
)
