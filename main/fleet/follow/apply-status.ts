import { defaultHoldMs } from '../../core/bounds.ts'
import type { Failure } from '../../core/failure.ts'
import type { TaskMessage } from '../../core/task/message.ts'
import { mayWait } from '../../core/task/waits-for-user.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'
import type { EventLog } from '../../tasks/events/event-log.ts'
import { announceIdle } from '../../tasks/messages/announce-idle.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'
import { addNote } from '../../tasks/run/task-run.ts'
import { forgetBrought } from '../brought-files.ts'
import type { PlacedStatus } from '../protocol.ts'

/** What the node says of itself, as far as it is news; each can be said any number of times. */
export async function applyStatus(
  { record, events }: { readonly record: TaskRecord; readonly events: Pick<EventLog, 'append' | 'hasIdle'> },
  status: PlacedStatus,
): Promise<void> {
  const { task } = record
  if (task.state.phase === 'finished' || task.exit !== null) return
  for (const note of status.notes.slice(0, 20)) {
    if (record.task.notes.length < mostNotes) await addNote(record, singleLineText(note))
  }
  if (status.hasMachine) await machineRuns(record, status.image)
  if (status.hasAgent && task.agentStartedAt === null) await record.add({ type: 'agent-started' })
  const reason = status.stopReason
  if (reason && record.task.stopReason === null) await record.add({ type: 'stop-requested', reason: ownWords(reason) })
  await applyRead(record, status.read)
  await applyWait(record, status.waits)
  await announceIdle(record, events)
}

/** Of ids that nobody here sent nothing is known, and a state never goes back. */
async function applyRead(record: TaskRecord, read: PlacedStatus['read']): Promise<void> {
  for (const as of ['delivered', 'answered'] as const) {
    const said = new Set(read.flatMap((each) => (each.as === as ? [each.id] : [])))
    const isNews = ({ id, state }: TaskMessage): boolean =>
      said.has(id) && (state === 'queued' || (state === 'delivered' && as === 'answered'))
    const ids = record.task.messages.filter(isNews).map(({ id }) => id)
    if (ids.length > 0) await record.add({ type: 'messages-read', ids, as })
  }
}

/** How long it is left alone is for this host's clock to say. */
async function applyWait(record: TaskRecord, waits: PlacedStatus['waits']): Promise<void> {
  const { state, holdMs = defaultHoldMs } = record.task
  if (!waits) {
    if (state.phase === 'waiting') await record.add({ type: 'agent-works' })
    return
  }
  if (state.phase !== 'working' || !mayWait(record.task)) return
  const said = waits.said?.trim() || null
  await record.add({ type: 'agent-waits', until: new Date(Date.now() + holdMs).toISOString(), said })
}

/** Puts on record that its machine runs, as soon as anything says so. @param image what that booted, where its place said so. */
export async function machineRuns(record: TaskRecord, image?: string): Promise<void> {
  const { state, exit, machineStartedAt, parkings } = record.task
  if (machineStartedAt !== null || exit !== null || state.phase === 'finished') return
  // Until now a task that goes on can be given to its place again. What comes from now on is of this run.
  if (parkings.length > 0) await forgetBrought(record.files)
  await record.add({ type: 'machine-started-there', ...(image !== undefined && { image }) })
}

const mostNotes = 60

/** A failure as another host tells it: a cancel is the wish of a person here, and nobody else's to tell. */
export const ownWords = ({ code, message, hint }: Failure): Failure => ({
  code: code === 'cancelled' ? 'interrupted' : code,
  message: singleLineText(message),
  ...(hint !== undefined && { hint: singleLineText(hint) }),
})
