import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../main/core/task/task.ts'
import { createFleet } from '../../main/fleet/fleet.ts'
import { sshEngine } from '../../main/fleet/ssh/ssh-engine.ts'
import { entryExists } from '../../main/lib/files/look.ts'
import { addPlace, findPlace } from '../../main/settings/places.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { toWork } from '../support/fleet/at-work.ts'
import { atSsh, jobFor } from '../support/fleet/job.ts'
import { type PlaceScene, placeScene } from '../support/fleet/placed.ts'
import { startPlacedHome } from '../support/fleet/start-placed-home.ts'
import { guestThatWaits, letGo } from '../support/fleet/waiting-guest.ts'
import { gitIn, makeRepository } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }

const seats = ({ node }: PlaceScene) => readdir(join(node, 'seats')).catch(() => [])
const place = { description: 'Greet', repo: 'project', place: 'desk' } as const

async function expectMerged({ repo }: PlaceScene, task: Task): Promise<void> {
  expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'merged' } })
  expect(await gitIn(repo, ['show', 'refs/heads/main:greeting.txt'])).toBe('from Greet')
}

async function keeperOf(scene: PlaceScene): Promise<number> {
  const [seat = ''] = await seats(scene)
  return JSON.parse(await readFile(join(scene.node, 'seats', seat, 'keeper.json'), 'utf8')).pid
}

test('a home that is killed in the middle of a task attaches again, and the task is merged as if nothing had happened', async () => {
  await using scene = await placeScene(guestThatWaits)
  const first = await startPlacedHome(scene.root, 'desk', 'Greet')
  const { id } = first
  await first.started(soon)
  first.kill()
  await letGo(scene)

  await using home = await startOrchestrator(scene.setup)
  await expectMerged(scene, await untilEnded(home.orchestrator, id))
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('a link that is cut and mended loses nothing, and says once that the place was away', async () => {
  await using scene = await placeScene((root) =>
    guestThatCommits(
      'greeting.txt',
      `echo first; until [ -e ${root}/cut ]; do sleep 0.05; done; echo second; until [ -e ${root}/go ]; do sleep 0.05; done`,
    ),
  )
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  const console = await home.orchestrator.consolePath(id)
  await expect.poll(() => readFile(console, 'utf8'), soon).toContain('first')
  scene.sshd.cut()
  await writeFile(join(scene.root, 'cut'), '')
  await expect.poll(async () => (await home.orchestrator.get(id)).notes.length, soon).toBe(1)
  await letGo(scene)
  scene.sshd.mend()

  const task = await untilEnded(home.orchestrator, id)
  await expectMerged(scene, task)
  expect(task.notes).toEqual([expect.stringContaining('The place desk was out of reach for a while')])
  expect(await readFile(console, 'utf8')).toBe('first\nsecond\n')
})

test('a cancel ends the task at work with its work at its ref, and one whose place is out of reach before it began at once', async () => {
  await using scene = await placeScene(guestThatWaits, { stopMs: 3_000 })
  await using home = await startOrchestrator(scene.setup)
  const atWork = await home.orchestrator.run(place)
  await toWork(home.orchestrator, atWork, soon)
  const console = await home.orchestrator.consolePath(atWork)
  await expect.poll(() => readFile(console, 'utf8'), soon).toContain('at work')
  await home.orchestrator.cancel(atWork)
  const ended = await untilEnded(home.orchestrator, atWork)
  expect(ended.state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${atWork}:before.txt`])).toBe('before')
  await expect.poll(() => seats(scene), soon).toEqual([])

  scene.sshd.cut()
  const waiting = await home.orchestrator.run(place)
  await home.orchestrator.cancel(waiting)
  expect((await untilEnded(home.orchestrator, waiting)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
})

test('a task that waits at its place for memory says so, and a cancel ends it there', async () => {
  await using scene = await placeScene(guestThatWaits)
  await using home = await startOrchestrator({ ...scene.setup, limits: { memoryMiB: 100_000_000 } })
  const { orchestrator } = home
  const first = await orchestrator.run(place)
  await toWork(orchestrator, first, soon)
  const second = await orchestrator.run(place)
  await expect
    .poll(() => orchestrator.placeStanding(second), soon)
    .toEqual({ kind: 'waits', why: expect.stringContaining('A guest takes 100000000 MiB of memory') })
  await orchestrator.cancel(second)
  expect((await untilEnded(orchestrator, second)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  await letGo(scene)
  await expectMerged(scene, await untilEnded(orchestrator, first))
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('a cancel of a task whose place went away ends it, and says that its guest may work on there', async () => {
  await using scene = await placeScene(guestThatWaits, { stopMs: 2_000 })
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  scene.sshd.cut()
  await home.orchestrator.cancel(id)
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect(task.notes.join('\n')).toContain('may work on there until its time is over')
})

test("a keeper that is killed is followed by one that adopts its task's machine", async () => {
  await using scene = await placeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  process.kill(await keeperOf(scene), 'SIGKILL')
  await letGo(scene)
  await expectMerged(scene, await untilEnded(home.orchestrator, id))
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('of a node that restarts, which takes keeper and machine along, the work comes home, files that were not committed too', async () => {
  await using scene = await placeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  const console = await home.orchestrator.consolePath(id)
  await expect.poll(() => readFile(console, 'utf8'), soon).toContain('at work')
  const [seat = ''] = await seats(scene)
  const record = await readFile(join(taskFiles(join(scene.node, 'seats', seat), id).record), 'utf8')
  process.kill(await keeperOf(scene), 'SIGKILL')
  process.kill(-JSON.parse(record).machine.pid, 'SIGKILL')

  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'guest-failed' } } })
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${id}:before.txt`])).toBe('before')
  expect(home.events.read(0)).toHaveLength(1)
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('a node that lost everything of a task that had begun fails it with the reason, once', async () => {
  await using scene = await placeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await toWork(home.orchestrator, id, soon)
  process.kill(await keeperOf(scene), 'SIGKILL')
  await rm(join(scene.node, 'seats'), { recursive: true })
  const { state } = await untilEnded(home.orchestrator, id)
  expect(state).toMatchObject({
    outcome: {
      kind: 'failed',
      failure: { code: 'interrupted', message: 'The place desk has nothing more of the task' },
    },
  })
  expect(home.events.read(0)).toHaveLength(1)
})

test('of a node that never comes back the work stays as it was a moment ago, files that were not committed too', async () => {
  await using scene = await placeScene(
    (root) => `
cd $REPO
echo one >committed.txt; git add -A; git commit -q -m "One"; echo two >loose.txt
touch $SHARE/started; rm -f $SHARE/.api-key
until [ -e ${root}/go ]; do sleep 0.05; done`,
  )
  await writeFile(join(scene.node, 'times.json'), JSON.stringify({ checkpointMs: 300 }))
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await expect
    .poll(() => readFile(taskFiles(home.home, id).checkpoint, 'utf8').catch(() => ''), soon)
    .toContain('commit')
  process.kill(await keeperOf(scene), 'SIGKILL')
  await rm(join(scene.node, 'seats'), { recursive: true })

  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
  expect(task.work).toMatchObject({ ref: `refs/tasks/${id}`, unsaved: true })
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${id}:committed.txt`])).toBe('one')
  expect(await gitIn(scene.repo, ['show', `refs/tasks/${id}:loose.txt`])).toBe('two')
  expect(task.work?.notes.join('\n')).toMatch(/kept in the seat .* at the place desk .*\nThe work is as it was at /)
})

test('what came home of a task that was given up is made whole by a merge, once its place is back', async () => {
  await using scene = await placeScene(
    (root) => `
cd $REPO
echo one >one.txt; git add -A; git commit -q -m "One"
touch $SHARE/started; rm -f $SHARE/.api-key
until [ -e ${root}/go ]; do sleep 0.05; done
echo two >two.txt; git add -A; git commit -q -m "Two"
until [ -e ${root}/end ]; do sleep 0.05; done`,
    { lostMs: 1_000 },
  )
  await writeFile(join(scene.node, 'times.json'), JSON.stringify({ checkpointMs: 300 }))
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  await expect
    .poll(() => readFile(taskFiles(home.home, id).checkpoint, 'utf8').catch(() => ''), soon)
    .toContain('commit')
  scene.sshd.cut()
  await letGo(scene)
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
  expect(JSON.stringify(task.state)).toContain(`microvm-orchestrator merge ${id}`)
  expect(task.work).toMatchObject({ unsaved: true })

  // What came is not taken for all of it.
  await expect(home.orchestrator.merge(id, 'person')).rejects.toMatchObject({
    code: 'place-unreachable',
    hint: expect.stringContaining(`review ${id}`),
  })
  scene.sshd.mend()
  // Its guest is still at work there: it is stopped, with what it has by then.
  const [seat = ''] = await seats(scene)
  await expect
    .poll(() => entryExists(join(taskFiles(join(scene.node, 'seats', seat), id).repo, 'two.txt')), soon)
    .toBe(true)
  expect(await home.orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged' })
  expect((await home.orchestrator.get(id)).work?.unsaved).toBeUndefined()
  for (const [file, text] of Object.entries({ 'one.txt': 'one', 'two.txt': 'two' }))
    expect(await gitIn(scene.repo, ['show', `refs/heads/main:${file}`])).toBe(text)
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('a keeper that was started before a crash of home is found, and one that nobody comes to leaves', async () => {
  await using scene = await placeScene(() => guestThatCommits('greeting.txt'))
  const { homeKey, ...found } = await findPlace(join(scene.root, 'home'), 'desk')
  const seat = `${homeKey}-0a0a0a0a`
  const engine = sshEngine(atSsh(found), homeKey)
  const signal = AbortSignal.timeout(60_000)
  await engine.submit(jobFor(seat), signal)
  const pid = await keeperOf(scene)
  await engine.submit(jobFor(seat), signal)
  expect(await keeperOf(scene)).toBe(pid)
  expect([...(await engine.look(signal))]).toEqual([[seat, expect.objectContaining({ kind: 'running' })]])
  await engine.cancel(seat, signal)
  await expect.poll(() => seats(scene), soon).toEqual([])
  expect((await engine.look(signal)).size).toBe(0)

  await writeFile(join(scene.node, 'times.json'), JSON.stringify({ patienceMs: 200 }))
  await engine.submit(jobFor(seat), signal)
  await expect.poll(() => seats(scene), soon).toEqual([])
})

test('two homes use one node without knowing of each other', async () => {
  await using scene = await placeScene(guestThatWaits)
  await using home = await startOrchestrator(scene.setup)
  const root = join(scene.root, 'other')
  await makeRepository(join(root, 'project'))
  await registerRepository(join(root, 'home'), { path: join(root, 'project') })
  const { homeKey, ...desk } = await findPlace(join(scene.root, 'home'), 'desk')
  await addPlace(join(root, 'home'), desk)
  await using other = await startOrchestrator({ root, guest: 'exit 1', places: (folder) => createFleet(folder) })
  const ids = [await home.orchestrator.run(place), await other.orchestrator.run(place)] as const
  await toWork(home.orchestrator, ids[0], soon)
  await toWork(other.orchestrator, ids[1], soon)
  const names = await seats(scene)
  expect(names.map((name) => name.slice(-8)).toSorted()).toEqual([...ids].toSorted())
  expect(new Set(names.map((name) => name.slice(0, 16))).size).toBe(2)
  expect(names.some((name) => name.startsWith(homeKey))).toBe(true)
  const slots = names.map((name) => readFile(join(scene.node, 'seats', name, 'slot.json'), 'utf8'))
  expect(new Set(await Promise.all(slots)).size).toBe(2)
  await letGo(scene)
  await expectMerged(scene, await untilEnded(home.orchestrator, ids[0]))
  await expectMerged({ ...scene, repo: join(root, 'project') }, await untilEnded(other.orchestrator, ids[1]))
  expect(await readdir(join(scene.node, 'repositories'))).toHaveLength(2)
  expect(await entryExists(join(scene.node, 'seats', names[0] ?? ''))).toBe(false)
})
