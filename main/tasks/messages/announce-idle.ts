import type { EventLog } from '../events/event-log.ts'
import type { TaskRecord } from '../record/task-record.ts'

/** Tells once, whatever crashes, that the agent of a task has nothing to do; of one that works, nothing. */
export async function announceIdle(record: TaskRecord, events: Pick<EventLog, 'append' | 'hasIdle'>): Promise<void> {
  const { task } = record
  if (task.state.phase !== 'waiting') return
  const { since, until, said } = task.state
  if (events.hasIdle(task.id, since)) return
  const idle = { type: 'idle', taskId: task.id, repo: task.repo, owner: task.owner, since, until, said } as const
  await record.patiently('its wait', () => events.append(idle))
}
