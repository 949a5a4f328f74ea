import { spawn } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import { createFleet } from '../../main/fleet/fleet.ts'
import { slurmEngine } from '../../main/fleet/slurm/slurm-engine.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { addPlace, findPlace } from '../../main/settings/places.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import type { Orchestrator } from '../../main/tasks/orchestrator.ts'
import { type ClusterScene, clusterScene } from '../support/fleet/clustered.ts'
import { jobFor } from '../support/fleet/job.ts'
import { guestThatWaits, letGo } from '../support/fleet/waiting-guest.ts'
import { gitIn, makeRepository } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, testKey, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'Greet the secret guest', repo: 'project', place: 'cluster' } as const

const toWork = (orchestrator: Orchestrator, id: TaskId) =>
  expect.poll(async () => (await orchestrator.get(id)).state.phase, soon).toBe('working')
const jobs = ({ lab }: ClusterScene) => lab.slurm('squeue', '--noheader', '--states=all', '--format=%j %T')
const whyOf = async (orchestrator: Orchestrator, id: TaskId) =>
  (await placeDetails(orchestrator))[0]?.tasks.find(({ task_id }) => task_id === id)?.waits_because
/** Takes every processor of both nodes. @returns the job, which ends when it is cancelled. */
const fill = ({ lab }: ClusterScene) =>
  lab.slurm(
    'sbatch',
    '--parsable',
    '--job-name=other',
    '--nodes=2',
    '--exclusive',
    '--output=/dev/null',
    '--wrap=sleep 1000',
  )

test('a task is a job that carries its seat alone; it survives its home, and its work is merged', async () => {
  await using scene = await clusterScene(guestThatWaits)
  const program = join(import.meta.dirname, '../support/fleet/placed-home.ts')
  const first = spawn(process.execPath, [program, scene.root, 'cluster', place.description], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = createInterface(first.stdout)
  const id = (await said[Symbol.asyncIterator]().next()).value as TaskId
  await expect.poll(() => jobs(scene), soon).toMatch(/^mvo-[0-9a-f]{16}-[0-9a-f]{8} RUNNING$/)
  const record = join(scene.root, 'home', 'tasks', id, 'events.jsonl')
  await expect.poll(async () => (await run('cat', [record])).stdout, soon).toContain('"agent-started"')
  first.kill('SIGKILL')

  // What Slurm keeps of the job, here as the controller saves it and as the node has it.
  const { homeKey } = await findPlace(join(scene.root, 'home'), 'cluster')
  for (const place of ['state', 'n1/spool', 'n2/spool']) {
    const folder = join(scene.root, 'slurm', place)
    const found = await run('grep', ['-rlaE', `${testKey}|secret guest`, folder])
    expect(found.stdout).toBe('')
  }
  expect((await run('grep', ['-rla', `${homeKey}-${id}`, join(scene.root, 'slurm', 'state')])).stdout).not.toBe('')

  await letGo(scene)
  await using home = await startOrchestrator(scene.setup)
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ phase: 'finished', slot: null, outcome: { kind: 'merged' } })
  expect(task.notes).toEqual([])
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:greeting.txt'])).toBe(`from ${place.description}`)
  await expect.poll(() => readdir(join(scene.lab.scratchOf(task.node ?? ''), 'seats')), soon).toEqual([])
  await expect.poll(() => jobs(scene), soon).toMatch(/ COMPLETED$/)
})

test("a job waits while nodes are full or drained, in Slurm's words; one is cancelled there, and one by its user", async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const filler = await fill(scene)
  const ids = await Promise.all([1, 2, 3].map(() => orchestrator.run(place)))
  const [kept, dropped, killed] = ids as [TaskId, TaskId, TaskId]
  for (const id of ids) await expect.poll(() => whyOf(orchestrator, id), soon).toMatch(/^(Resources|Priority)$/)
  expect(await placeDetails(orchestrator)).toMatchObject([
    { name: 'cluster', kind: 'slurm', host: null, free: null, running: 0, waiting: 3, away: null },
  ])

  await orchestrator.cancel(dropped)
  expect((await untilEnded(orchestrator, dropped)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  const { homeKey } = await findPlace(join(scene.root, 'home'), 'cluster')
  await scene.lab.slurm('scancel', `--name=mvo-${homeKey}-${killed}`)
  expect((await untilEnded(orchestrator, killed)).state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: {
        code: 'interrupted',
        message: expect.stringContaining('Its job was cancelled at the place cluster before it ran'),
      },
    },
  })

  await scene.lab.slurm('scontrol', 'update', 'NodeName=n1,n2', 'State=DRAIN', 'Reason=mended')
  await scene.lab.slurm('scancel', filler)
  await expect.poll(() => whyOf(orchestrator, kept), soon).toMatch(/DOWN|NotAvail/)
  await scene.lab.slurm('scontrol', 'update', 'NodeName=n1,n2', 'State=RESUME')
  await toWork(orchestrator, kept)
  await letGo(scene)
  expect((await untilEnded(orchestrator, kept)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(home.events.read(0)).toHaveLength(3)
  await expect.poll(() => jobs(scene), soon).not.toMatch(/mvo-\S+ (PENDING|RUNNING|COMPLETING)/)
})

test("a job that a limit of the cluster forbids fails its task at once, in Slurm's words", async () => {
  await using scene = await clusterScene(guestThatWaits, { job: { partition: 'short' } })
  await using home = await startOrchestrator(scene.setup)
  const { state } = await untilEnded(home.orchestrator, await home.orchestrator.run(place))
  expect(state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'place-refused', message: expect.stringContaining('Requested time limit is invalid') },
    },
  })
  expect(home.events.read(0)).toHaveLength(1)
  expect(await jobs(scene)).toBe('')
})

test('a further task of a repository wishes for the node that has its history, and runs elsewhere where that is away', async () => {
  await using scene = await clusterScene(() => guestThatCommits('greeting.txt'))
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const nodeOf = async (description: string): Promise<string | null> => {
    const task = await untilEnded(orchestrator, await orchestrator.run({ ...place, description }))
    expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
    return task.node
  }
  const change = (name: string, ...state: readonly string[]) =>
    scene.lab.slurm('scontrol', 'update', `NodeName=${name}`, ...state)
  await change('n1', 'State=DRAIN', 'Reason=mended')
  expect(await nodeOf('First')).toBe('n2')
  await change('n1', 'State=RESUME')
  const idle = () => scene.lab.slurm('sinfo', '--noheader', '--Node', '--nodes=n1', '--format=%T')
  await expect.poll(idle, soon).toMatch(/^(idle\s*)+$/)
  // Slurm by itself would give the first one.
  expect(await nodeOf('Second')).toBe('n2')
  await change('n2', 'State=DRAIN', 'Reason=mended')
  expect(await nodeOf('Third')).toBe('n1')
})

test('two homes use one cluster without knowing of each other, and each asks once for all of its jobs', async () => {
  await using scene = await clusterScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const root = join(scene.root, 'other')
  await makeRepository(join(root, 'project'))
  await registerRepository(join(root, 'home'), { path: join(root, 'project') })
  const { homeKey, ...cluster } = await findPlace(join(scene.root, 'home'), 'cluster')
  await addPlace(join(root, 'home'), cluster)
  await using other = await startOrchestrator({ root, guest: 'exit 1', places: (folder) => createFleet(folder) })
  const ids = [await home.orchestrator.run(place), await other.orchestrator.run(place)] as const
  await toWork(home.orchestrator, ids[0])
  await toWork(other.orchestrator, ids[1])
  expect(await jobs(scene)).toContain(`mvo-${homeKey}-${ids[0]} RUNNING`)
  expect(await jobs(scene)).not.toContain(`${homeKey}-${ids[1]}`)
  await letGo(scene)
  for (const [each, id] of [
    [home, ids[0]],
    [other, ids[1]],
  ] as const)
    expect((await untilEnded(each.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})

test('a job that was submitted before a crash of home is found by its seat, is attached to, and ends by a cancel', async () => {
  await using scene = await clusterScene(() => 'exit 1')
  const { homeKey, ...found } = await findPlace(join(scene.root, 'home'), 'cluster')
  if (found.kind !== 'slurm') throw new Error('The place is a cluster')
  const seat = `${homeKey}-0a0a0a0a`
  const signal = AbortSignal.timeout(120_000)
  await slurmEngine(found, homeKey).submit(jobFor(seat), signal)
  // As another process of the same home.
  const engine = slurmEngine(found, homeKey)
  const state = async () => (await engine.look(signal)).get(seat)
  await expect.poll(state, soon).toMatchObject({ kind: 'running' })
  expect(engine.attach(`${homeKey}-0b0b0b0b`).lastWords()).toContain('knows no job')
  await engine.cancel(seat, signal)
  await expect.poll(state, soon).toMatchObject({ kind: 'ended', end: 'cancelled' })
  for (const node of ['n1', 'n2']) {
    await mkdir(join(scene.lab.scratchOf(node), 'seats'), { recursive: true })
    expect(await readdir(join(scene.lab.scratchOf(node), 'seats'))).toEqual([])
  }
})
