import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import { kubernetesEngine } from '../../main/fleet/kubernetes/kubernetes-engine.ts'
import { findPlace } from '../../main/settings/places.ts'
import type { Orchestrator } from '../../main/tasks/orchestrator.ts'
import { toWork } from '../support/fleet/at-work.ts'
import { expectEngineContract, expectUnreachable } from '../support/fleet/engine-contract.ts'
import { jobFor } from '../support/fleet/job.ts'
import { type KubeScene, kubeScene } from '../support/fleet/kube/kube-scene.ts'
import { startPlacedHome } from '../support/fleet/start-placed-home.ts'
import { guestThatWaits, letGo } from '../support/fleet/waiting-guest.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, testKey, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'Greet the secret guest', repo: 'project', place: 'cluster' } as const

const whyOf = async (orchestrator: Orchestrator, id: TaskId) =>
  (await placeDetails(orchestrator))[0]?.tasks.find(({ task_id }) => task_id === id)?.waits_because
/** Tasks with other texts change other files. */
const guestOfItsOwnFile = (root: string): string =>
  guestThatCommits('$(cat $SHARE/task.md).txt', `until [ -e ${root}/go ]; do sleep 0.05; done`)
const seatsAt = ({ cluster }: KubeScene, node: string) =>
  readdir(join(cluster.nodes.find(({ name }) => name === node)?.folder ?? '', 'seats'))

test('a task is a Job that carries its seat alone; it survives its home, and its work is merged', async () => {
  await using scene = await kubeScene(guestThatWaits)
  const first = await startPlacedHome(scene.root, 'cluster', place.description)
  const { id } = first
  await first.started(soon)
  first.kill()
  await letGo(scene)

  await using home = await startOrchestrator(scene.setup)
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ phase: 'finished', slot: null, outcome: { kind: 'merged' } })
  expect(task.notes).toEqual([])
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:greeting.txt'])).toBe(`from ${place.description}`)
  expect(task.node).toBe('n1')
  await expect.poll(() => seatsAt(scene, 'n1'), soon).toEqual([])
  const asked = scene.api.asked.join('\n')
  expect(asked).toContain(`"microvm-orchestrator/seat":"`)
  expect(asked).not.toContain('secret guest')
  expect(asked).not.toContain(testKey)
  expect(scene.api.asked.filter((each) => each.startsWith('POST'))).toHaveLength(1)
  expect(scene.api.faults).toEqual([])
})

test("a job waits while nodes are full, in the scheduler's words; one is deleted there, and one is cancelled by its user", async () => {
  await using scene = await kubeScene(guestOfItsOwnFile, { podsOfNode: 1 })
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const running = [await orchestrator.run(place), await orchestrator.run({ ...place, description: 'Second' })]
  for (const id of running) await toWork(orchestrator, id, soon)
  const [kept, dropped, killed] = [
    await orchestrator.run({ ...place, description: 'Third' }),
    await orchestrator.run(place),
    await orchestrator.run(place),
  ]
  for (const id of [kept, dropped, killed])
    await expect
      .poll(() => whyOf(orchestrator, id), soon)
      .toBe('Unschedulable: 0/2 nodes are available: 2 Insufficient devices.kubevirt.io/kvm.')
  expect(await placeDetails(orchestrator)).toMatchObject([
    { name: 'cluster', kind: 'kubernetes', host: null, free: null, running: 2, waiting: 3 },
  ])
  await orchestrator.cancel(dropped)
  expect((await untilEnded(orchestrator, dropped)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  await expect.poll(() => [...scene.cluster.jobs.keys()].join(), soon).not.toContain(dropped)
  const name = [...scene.cluster.jobs.keys()].find((each) => each.includes(killed))
  scene.cluster.deleteJobs(null, name)
  expect((await untilEnded(orchestrator, killed)).state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'interrupted', message: expect.stringContaining('the Job was deleted') },
    },
  })
  await letGo(scene)
  for (const id of [...running, kept])
    expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(scene.api.faults).toEqual([])
})

test.for([
  [
    'a policy of the cluster',
    { code: 400, reason: '', message: 'admission webhook "policy.example" denied the request: hostPID is not allowed' },
    'hostPID is not allowed',
  ],
  [
    'a quota of jobs',
    { code: 403, reason: 'Forbidden', message: 'jobs.batch "mvo" is forbidden: exceeded quota: jobs, requested: 1' },
    'exceeded quota: jobs',
  ],
] as const)('a job that %s forbids fails its task at once, in its own words', async ([, refusal, said]) => {
  await using scene = await kubeScene(guestThatWaits)
  scene.api.unkind.refusal = refusal
  await using home = await startOrchestrator(scene.setup)
  const { state } = await untilEnded(home.orchestrator, await home.orchestrator.run(place))
  expect(state).toMatchObject({
    outcome: { kind: 'failed', failure: { code: 'place-refused', message: expect.stringContaining(said) } },
  })
  expect(home.events.read(0)).toHaveLength(1)
})

test('a quota of pods, and an image that is not to be had, are why a job waits', async () => {
  await using scene = await kubeScene(() => guestThatCommits('greeting.txt'))
  scene.cluster.quota = 'pods "mvo" is forbidden: exceeded quota: team, requested: limits.memory=576Mi'
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const id = await orchestrator.run(place)
  await expect.poll(() => whyOf(orchestrator, id), soon).toMatch(/^FailedCreate: .*exceeded quota: team/)
  scene.cluster.quota = undefined
  scene.cluster.hasNoImages = true
  scene.cluster.schedule()
  await expect.poll(() => whyOf(orchestrator, id), soon).toMatch(/^ImagePullBackOff: Back-off pulling image/)
  scene.cluster.hasNoImages = false
  scene.cluster.schedule()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})

test('a further task of a repository wishes for the node that has its history, and runs elsewhere where that is away', async () => {
  await using scene = await kubeScene(() => guestThatCommits('greeting.txt'))
  await using home = await startOrchestrator(scene.setup)
  const nodeOf = async (description: string): Promise<string | null> => {
    const task = await untilEnded(home.orchestrator, await home.orchestrator.run({ ...place, description }))
    expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
    return task.node
  }
  scene.cluster.cordon('n1', true)
  expect(await nodeOf('First')).toBe('n2')
  scene.cluster.cordon('n1', false)
  // The scheduler by itself would take the first one.
  expect(await nodeOf('Second')).toBe('n2')
  scene.cluster.cordon('n2', true)
  expect(await nodeOf('Third')).toBe('n1')
})

test('a cluster that is busy, does not know its user, or loses an answer is asked again, and nothing is done twice', async () => {
  await using scene = await kubeScene(guestOfItsOwnFile)
  const { unkind } = scene.api
  unkind.isExpired = true
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const ids = [await orchestrator.run(place), await orchestrator.run({ ...place, description: 'Another' })]
  await expect
    .poll(async () => (await placeDetails(orchestrator))[0]?.away, soon)
    .toMatch(/cannot be reached.*Unauthorized/)
  unkind.losesAnswer = true
  unkind.busy = 2
  unkind.isExpired = false
  for (const id of ids) await toWork(orchestrator, id, soon)
  await letGo(scene)
  for (const id of ids)
    expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(scene.cluster.jobs.size).toBe(2)
  expect(scene.api.faults).toEqual([])
})

test('a job that was submitted before a crash of home is found by its seat, is submitted once, and ends by a cancel', async () => {
  await using scene = await kubeScene(() => 'exit 1')
  const { homeKey } = await findPlace(join(scene.root, 'home'), 'cluster')
  const seat = `${homeKey}-0a0a0a0a`
  const signal = AbortSignal.timeout(60_000)
  await kubernetesEngine(scene.place, homeKey).submit(jobFor(seat), signal)
  // As another process of the same home, which does not know of it.
  const engine = kubernetesEngine(scene.place, homeKey)
  await engine.submit(jobFor(seat), signal)
  expect(scene.cluster.jobs.size).toBe(1)
  const state = async () => (await engine.look(signal)).get(seat)
  await expect.poll(state, soon).toMatchObject({ kind: 'running', node: 'n1' })
  expect(engine.attach(`${homeKey}-0b0b0b0b`).lastWords()).toContain('has no pod')
  expect((await kubernetesEngine(scene.place, '0'.repeat(16)).look(signal)).size).toBe(0)
  // A list of two has a second page, which the cluster forgets while it is read.
  await engine.submit(jobFor(`${homeKey}-0c0c0c0c`), signal)
  scene.api.unkind.expiredPages = 1
  expect([...(await engine.look(signal)).keys()].toSorted()).toEqual([seat, `${homeKey}-0c0c0c0c`])
  scene.api.unkind.expiredPages = 100
  await expect(engine.look(signal)).rejects.toMatchObject({ code: 'place-unreachable' })
  scene.api.unkind.expiredPages = 0
  await engine.cancel(seat, signal)
  await expect.poll(state, soon).toMatchObject({ kind: 'ended', end: 'cancelled' })
  await engine.cancel(`${homeKey}-0c0c0c0c`, signal)
  await expect.poll(() => seatsAt(scene, 'n1'), soon).toEqual([])
  expect(scene.api.faults).toEqual([])
})

test('Kubernetes keeps the promises of an engine', async () => {
  await using scene = await kubeScene(() => 'exit 1')
  await expectEngineContract((home) => kubernetesEngine(scene.place, home))
  expect(scene.api.faults).toEqual([])
  await scene.api[Symbol.asyncDispose]()
  await expectUnreachable(kubernetesEngine(scene.place, '0123456789abcdef'))
})
