import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import { tasksDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { filesOf } from '../../main/tasks/record/task-files.ts'
import type { Doom } from '../support/faults/doomed-orchestrator.ts'
import { guestThatHolds, guestThatListens } from '../support/machines/listening-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/doomed-orchestrator.ts')

/**
 * Tells a task something in an orchestrator that is killed at the point, and starts another one in its place, while the machine runs or when
 * it has ended. Resolves with what became of the message, and with what the guest heard.
 */
async function killAndRestart(doom: Doom, ends: 'before the restart' | 'after it') {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = guestThatListens()
  const killed = await run(process.execPath, [
    program,
    JSON.stringify({ root, guest, tell: 'One more' }),
    JSON.stringify(doom),
  ])
  expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })
  const [id = ''] = await readdir(tasksDirectory(join(root, 'home')))
  const share = join(tasksDirectory(join(root, 'home')), id, 'share')
  const heard = async () => (await readFile(join(share, 'heard'), 'utf8')).split('\n').filter((line) => line !== '')
  if (ends === 'before the restart') {
    await writeFile(join(share, 'enough'), '')
    await expect.poll(() => pathExists(join(share, 'result.json'))).toBe(true)
  }
  await using second = await startOrchestrator({ root, guest })
  const [task] = await second.orchestrator.list()
  if (!task) throw new Error('The task is gone')
  if (ends === 'after it') {
    const { messages } = await second.orchestrator.get(task.id)
    if (messages.length > 0) await expect.poll(heard).toHaveLength(1)
    await writeFile(join(share, 'enough'), '')
  }
  const ended = await untilEnded(second.orchestrator, task.id)
  expect(second.events.read(0)).toHaveLength(1)
  return { states: ended.messages.map(({ state }) => state), heard: (await heard()).length, state: ended.state }
}

const sent: Doom = { when: 'after', event: 'message-sent' }
const read: Doom = { when: 'before', event: 'messages-read' }
const recorded: Doom = { when: 'after', event: 'messages-read' }

test('killed before a message is on record: it was never sent, since no one had an answer', async () => {
  expect(await killAndRestart({ when: 'before', event: 'message-sent' }, 'after it')).toMatchObject({
    ...{ states: [], heard: 0, state: { outcome: { kind: 'merged' } } },
  })
})

test.for<[string, Doom]>([
  ['when it is on record and nowhere else', sent],
  ['when the agent has read it and that is not on record', read],
  ['when that is on record', recorded],
])('killed %s: the agent hears it once, and it is answered', async ([, doom]) => {
  expect(await killAndRestart(doom, 'after it')).toMatchObject({
    ...{ states: ['answered'], heard: 1, state: { outcome: { kind: 'merged' } } },
  })
})

test.for<[string, Doom, string, number]>([
  ['a message that no one carried is lost', sent, 'lost', 0],
  ['a message that was read is told so', read, 'answered', 1],
])('the machine ends while no orchestrator runs: %s', async ([, doom, state, heard]) => {
  expect(await killAndRestart(doom, 'before the restart')).toMatchObject({
    ...{ states: [state], heard, state: { outcome: { kind: 'merged' } } },
  })
})

test.for<[string, Doom]>([
  ['before its wait is on record', { when: 'before', event: 'agent-waits' }],
  ['when its wait is on record and was told to no one', { when: 'after', event: 'agent-waits' }],
  ['right before that is told', { when: 'before', event: 'idle' }],
  ['when it is told', { when: 'after', event: 'idle' }],
])('killed %s: an agent that waits is told of once each time, and works on', async ([, doom]) => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = guestThatHolds()
  const killed = await run(process.execPath, [program, JSON.stringify({ root, guest }), JSON.stringify(doom)])
  expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })
  await using second = await startOrchestrator({ root, guest })
  const { orchestrator, events } = second
  const [{ id } = { id: '' as TaskId }] = await orchestrator.list()
  const told = () => events.read(0).map((event) => [event.type, event.type === 'idle' && event.said])
  const idle = ['idle', 'Ready.']
  await expect.poll(told).toEqual([idle])
  const { state } = await orchestrator.get(id)
  expect(events.read(0)).toMatchObject([{ since: state.phase === 'waiting' ? state.since : '' }])
  await orchestrator.tell(id, 'One more', 'next')
  await expect.poll(told).toEqual([idle, idle])
  expect((await orchestrator.get(id)).messages).toMatchObject([{ state: 'answered' }])
  await orchestrator.letFinish(id)
  await writeFile(join(filesOf(await orchestrator.get(id)).share, 'enough'), '')
  expect(await untilEnded(orchestrator, id)).toMatchObject({
    state: { outcome: { kind: 'merged' } },
    messages: [{ state: 'answered' }, { kind: 'finish', state: 'answered' }],
  })
  expect(told()).toEqual([idle, idle, ['completed', false]])
})
