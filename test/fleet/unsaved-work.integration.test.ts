import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sshEngine } from '../../main/fleet/ssh/ssh-engine.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { atSsh, jobFor } from '../support/fleet/job.ts'
import { placeScene } from '../support/fleet/placed.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'Greet', repo: 'project', place: 'desk' } as const
const seats = (node: string) => readdir(join(node, 'seats')).catch((): string[] => [])

test('a clone whose work cannot be saved stays at its place, without a slot, and the failure says where', async () => {
  // What stands for the repository there is gone when the work is to be saved into it.
  await using scene = await placeScene((root) =>
    guestThatCommits('mine.txt', `mv ${root}/node/seats/*/source ${root}/away`),
  )
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  const { state, place: at } = await untilEnded(home.orchestrator, id)
  const [seat = ''] = await seats(scene.node)
  const folder = join(scene.node, 'seats', seat)
  await expect.poll(() => readFile(join(folder, 'keeper.log'), 'utf8'), soon).toContain('did not come home')
  expect(await readFile(join(taskFiles(folder, id).repo, 'mine.txt'), 'utf8')).toBe('from Greet\n')
  const found = JSON.stringify(state)
  expect(found).toContain(seat)
  expect(found).toContain('at the place desk')
  expect(found).toContain('salvage-failed')

  await writeFile(join(scene.node, 'guest.sh'), guestThatCommits('greeting.txt'))
  const next = await untilEnded(home.orchestrator, await home.orchestrator.run(place))
  expect(next.state).toMatchObject({ outcome: { kind: 'merged' } })
  await expect.poll(() => seats(scene.node), soon).toEqual([seat])

  // Nothing has changed there: it says so, and keeps what it has.
  await expect(home.orchestrator.merge(id, 'client')).rejects.toMatchObject({ code: 'salvage-failed' })
  expect(await readFile(join(taskFiles(folder, id).repo, 'mine.txt'), 'utf8')).toBe('from Greet\n')

  // A keeper that is asked for once more has the end to tell, and leaves all of it where it is when it is ended.
  if (!at) throw new Error('The task had a place')
  const [engine, signal] = [sshEngine(atSsh(at), at.seat.slice(0, 16)), AbortSignal.timeout(60_000)]
  await engine.submit(jobFor(seat), signal)
  await engine.cancel(seat, signal)
  await expect.poll(async () => (await engine.look(signal)).get(seat)?.kind, soon).toBe('ended')
  expect(await readFile(join(taskFiles(folder, id).repo, 'mine.txt'), 'utf8')).toBe('from Greet\n')

  await rename(join(scene.root, 'away'), join(folder, 'source'))
  expect(await home.orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged' })
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:mine.txt'])).toBe('from Greet')
  await expect.poll(() => seats(scene.node), soon).toEqual([])
})

test('work that cannot be packed for now is packed by the next keeper, and none of it is lost', async () => {
  // A folder where the pack is to be: no pack can be written until it is gone.
  await using scene = await placeScene((root) =>
    guestThatCommits('greeting.txt', `cd ${root}/node/seats/*; mkdir -p work.pack/in-the-way; cd $REPO`),
  )
  await using home = await startOrchestrator(scene.setup)
  const id = await home.orchestrator.run(place)
  const [seat = ''] = await expect
    .poll(() => seats(scene.node), soon)
    .toHaveLength(1)
    .then(() => seats(scene.node))
  const folder = join(scene.node, 'seats', seat)
  await expect.poll(() => readFile(join(folder, 'keeper.log'), 'utf8'), soon).toContain('work.pack')
  await rm(join(folder, 'work.pack'), { recursive: true })
  const task = await untilEnded(home.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:greeting.txt'])).toBe('from Greet')
  await expect.poll(() => seats(scene.node), soon).toEqual([])
})
