import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { taskView } from '../../main/core/task/view.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import type { Orchestrator } from '../../main/tasks/orchestrator.ts'
import { type PlaceScene, placeScene } from '../support/fleet/placed.ts'
import { guestThatHolds, guestThatListens } from '../support/machines/listening-guest.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'Listen', repo: 'project', place: 'desk' } as const

const inPhase = (orchestrator: Orchestrator, id: TaskId, phase: string) =>
  expect.poll(async () => (await orchestrator.get(id)).state.phase, soon).toBe(phase)
const states = (orchestrator: Orchestrator, id: TaskId) => async () =>
  (await orchestrator.get(id)).messages.map(({ state }) => state)

async function seatOf({ node }: PlaceScene, id: TaskId) {
  const [name = ''] = await readdir(join(node, 'seats'))
  const seat = join(node, 'seats', name)
  const share = join(seat, 'tasks', id, 'share')
  return {
    killKeeper: async () =>
      process.kill(JSON.parse(await readFile(join(seat, 'keeper.json'), 'utf8')).pid as number, 'SIGKILL'),
    heard: async () => (await readFile(join(share, 'heard'), 'utf8')).split('\n').filter((line) => line !== ''),
    laidDown: () => readFile(join(share, 'messages.jsonl'), 'utf8'),
    hasEnded: () => pathExists(join(seat, 'end.json')),
    enough: () => writeFile(join(share, 'enough'), ''),
  }
}

test('an agent at a place reads each message once, whatever is cut off or killed after it was sent', async () => {
  await using scene = await placeScene(() => guestThatListens())
  const home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const id = await orchestrator.run(place)
  // Before it has a machine: it is said as soon as there is one.
  const sent = [await orchestrator.tell(id, 'At once', 'next')]
  const answered = (count: number) => Array(count).fill('answered')
  await expect.poll(states(orchestrator, id), soon).toEqual(answered(1))
  const seat = await seatOf(scene, id)

  scene.sshd.cut()
  sent.push(await orchestrator.tell(id, 'While it is cut off', 'after'))
  scene.sshd.mend()
  await expect.poll(states(orchestrator, id), soon).toEqual(answered(2))

  sent.push(await orchestrator.tell(id, 'To a keeper that is killed', 'now'))
  await seat.killKeeper()
  await expect.poll(states(orchestrator, id), soon).toEqual(answered(3))

  scene.sshd.cut()
  sent.push(await orchestrator.tell(id, 'By a home that ends', 'next'))
  await home[Symbol.asyncDispose]()
  scene.sshd.mend()
  await using next = await startOrchestrator(scene.setup)
  await expect.poll(states(next.orchestrator, id), soon).toEqual(answered(4))

  expect(await seat.heard()).toEqual(sent)
  await seat.enough()
  const task = await untilEnded(next.orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(task.messages.map(({ id: name, state }) => [name, state])).toEqual(sent.map((name) => [name, 'answered']))
})

test('what was read shortly before the end is told so by a keeper that was not there, and is not read again', async () => {
  await using scene = await placeScene(() => guestThatListens())
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const id = await orchestrator.run(place)
  await inPhase(orchestrator, id, 'working')
  const seat = await seatOf(scene, id)
  const sent = await orchestrator.tell(id, 'The last', 'next')
  await expect.poll(seat.heard, soon).toEqual([sent])
  scene.sshd.cut()
  await seat.enough()
  await expect.poll(seat.hasEnded, soon).toBe(true)
  await seat.killKeeper()
  scene.sshd.mend()
  expect((await untilEnded(orchestrator, id)).messages).toMatchObject([{ id: sent, state: 'answered' }])
})

test('an agent at a place that waits is told of once each time, is interrupted, and is merged when it is to finish', async () => {
  await using scene = await placeScene(() => guestThatHolds())
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator, events } = home
  const id = await orchestrator.run({ ...place, holdMs: 90_000 })
  await inPhase(orchestrator, id, 'waiting')
  const waiting = taskView(await orchestrator.get(id))
  expect(waiting).toMatchObject({ status: 'running', said: 'Ready.', hold_ms: 90_000, slot: null })
  expect(Date.parse(waiting.waits_until ?? '') - Date.parse(waiting.waits_since ?? '')).toBeGreaterThan(89_000)
  const idle = () => events.read(0).filter(({ type }) => type === 'idle')
  await expect.poll(idle, soon).toMatchObject([{ taskId: id, said: 'Ready.', since: waiting.waits_since }])
  const seat = await seatOf(scene, id)

  const sent = await orchestrator.tell(id, 'More', 'next')
  await expect.poll(idle, soon).toHaveLength(2)
  await orchestrator.interrupt(id)
  await expect.poll(states(orchestrator, id), soon).toEqual(['answered', 'answered'])
  expect((await seat.heard())[0]).toBe(sent)
  await inPhase(orchestrator, id, 'waiting')
  await orchestrator.letFinish(id)
  await expect.poll(seat.laidDown, soon).toContain('"kind":"finish"')
  await seat.enough()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  await expect(orchestrator.tell(id, 'More', 'next')).rejects.toMatchObject({ code: 'task-ended' })
})
