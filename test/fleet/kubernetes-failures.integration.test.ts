import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { placeDetails } from '../../main/api/place-views.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import { expectFailedWithWork, toUnsavedWork } from '../support/fleet/at-work.ts'
import { type KubeScene, kubeScene } from '../support/fleet/kube/kube-scene.ts'
import { guestThatWaits, letGo } from '../support/fleet/waiting-guest.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'Greet', repo: 'project', place: 'cluster' } as const

const podOf = ({ cluster }: KubeScene, id: TaskId): string =>
  cluster.pods.find(({ metadata }) => metadata?.name?.includes(id))?.metadata?.name ?? ''

test('a connection into a pod that is cut is made again, and a keeper that is killed is followed by one that adopts its machine', async () => {
  await using scene = await kubeScene((root) =>
    guestThatCommits(
      'greeting.txt',
      `echo at work; until [ -e ${root}/cut ]; do sleep 0.05; done; echo more; until [ -e ${root}/go ]; do sleep 0.05; done`,
    ),
  )
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toUnsavedWork(home.orchestrator, id, soon)
  scene.api.cutExec()
  await writeFile(join(scene.root, 'cut'), '')
  const console = await home.orchestrator.consolePath(id)
  await expect.poll(() => readFile(console, 'utf8'), soon).toBe('at work\nmore\n')
  const seats = join(scene.cluster.nodes[0]?.folder ?? '', 'seats')
  const [seat = ''] = await readdir(seats)
  process.kill(JSON.parse(await readFile(join(seats, seat, 'keeper.json'), 'utf8')).pid, 'SIGKILL')
  await letGo(scene)
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(scene.cluster.jobs.size).toBe(1)
  expect(scene.api.faults).toEqual([])
})

test('a Job at work that somebody deletes saves what there is, and the task says so', async () => {
  await using scene = await kubeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toUnsavedWork(home.orchestrator, id, soon)
  scene.cluster.deleteJobs(null, [...scene.cluster.jobs.keys()][0])
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: the Job was deleted')
})

test('a pod that its node evicts is not begun anew elsewhere, and its work comes home', async () => {
  await using scene = await kubeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toUnsavedWork(home.orchestrator, id, soon)
  scene.cluster.evict(podOf(scene, id), 'Evicted', 'The node was low on resource: memory.')
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'interrupted' })
  expect(task.notes.join('\n')).toContain(
    'The place cluster ended the job of the task: BackoffLimitExceeded (Evicted: The node was low on resource: memory.)',
  )
})

test('a node that is lost is waited for, and when it is back another Job there brings what the guest had written', async () => {
  await using scene = await kubeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toUnsavedWork(home.orchestrator, id, soon)
  await scene.cluster.loseNode('n1')
  const why = async () => (await placeDetails(home.orchestrator))[0]?.tasks[0]?.waits_because ?? ''
  await expect
    .poll(why, soon)
    .toContain('an earlier job is ending (NodeLost: Node n1 which was running pod is unresponsive)')
  expect(home.events.read(0)).toEqual([])
  scene.cluster.bootNode('n1')
  const task = await untilEnded(home.orchestrator, id)
  await expectFailedWithWork(scene, home, task, { code: 'guest-failed' })
  expect(task.node).toBe('n1')
  expect(task.notes.join('\n')).toContain('The place cluster ended the job of the task: BackoffLimitExceeded')
  expect(scene.api.faults).toEqual([])
})

test('a login that ends while a task is at work neither ends it nor loses anything', async () => {
  await using scene = await kubeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toUnsavedWork(home.orchestrator, id, soon)
  scene.api.unkind.isExpired = true
  scene.api.cutExec()
  await expect.poll(async () => (await placeDetails(home.orchestrator))[0]?.away, soon).toMatch(/Unauthorized/)
  await letGo(scene)
  scene.api.unkind.isExpired = false
  expect((await untilEnded(home.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})
