import type { Log } from '../lib/log.ts'
import type { EventLog } from '../tasks/events/event-log.ts'
import { MessageCarrier } from '../tasks/messages/carry-messages.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'

const id = 'aaaaaaaa-0000-4000-8000-000000000000'
/** The carrier looks twice in it. */
const lookMs = 900
/** What a task whose user says one thing may have on record of messages and waits. */
const mostEvents = 10

/**
 * Says one thing to the agent of a task that works, with what its guest left in place of what it would say, and looks as while its machine
 * runs. @returns the harm that came of it, one sentence each.
 */
export async function speakToGuest(record: TaskRecord, secret: string, log: Log): Promise<readonly string[]> {
  let told = 0
  const events: Pick<EventLog, 'append' | 'hasIdle'> = {
    append: async (event) => ({ ...event, seq: ++told, at: '' }),
    hasIdle: () => told > 0,
  }
  await record.add({ type: 'message-sent', message: { id, kind: 'text', text: 'More', when: 'next' } })
  const driver = { prepareOwnership: async () => undefined }
  const carrier = new MessageCarrier({ record, driver, events, secret, log })
  await carrier.carry(AbortSignal.timeout(lookMs))
  await record.add({ type: 'messages-read', ids: [id], as: 'answered' }) // From now on an agent that waits is believed.
  await carrier.carry(AbortSignal.timeout(lookMs))
  const { messages, waits, state } = record.task
  const said = state.phase === 'waiting' ? (state.said?.length ?? 0) : 0
  return [
    ...(messages.length === 1 && messages[0]?.id === id ? [] : ['a message is on record that nobody sent']),
    ...(waits + told > mostEvents ? [`it was told ${waits + told} times that its agent waits`] : []),
    ...(said > 16_000 ? [`its last words were kept with ${said} characters`] : []),
  ]
}
