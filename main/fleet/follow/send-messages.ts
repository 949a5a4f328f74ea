import type { NewMessage } from '../../core/task/message.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'

/**
 * Sends what a task's agent has not read yet, and from then on each message as it comes on record, until the result is disposed. Every connection to a
 * keeper is sent all of it once more: what a connection that was cut has brought is known there by its id.
 */
export function sendMessages(record: TaskRecord, send: (message: NewMessage) => void): Disposable {
  const sent = new Set<string>()
  const look = (): void => {
    for (const { sentAt: _sentAt, state, ...message } of record.task.messages) {
      if (state !== 'queued' || sent.has(message.id)) continue
      sent.add(message.id)
      send(message)
    }
  }
  const watching = record.watch(look)
  look()
  return watching
}
