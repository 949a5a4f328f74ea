import { allSlots } from '../../../main/core/task/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { SettingsStore } from '../../../main/settings/settings-store.ts'
import { windowSettings } from '../../../main/window/window-settings.ts'
import type { RowState, Snapshot, TaskRow } from '../../../preload/live-state.ts'
import { slot, taskId } from '../tasks.ts'

export const working: RowState = { phase: 'working', slot: slot(3) }

export const ended = (
  outcome: Extract<RowState, { phase: 'finished' }>['outcome'],
  more: Partial<Extract<RowState, { phase: 'finished' }>> = {},
): RowState => ({
  phase: 'finished',
  slot: slot(3),
  outcome,
  reason: null,
  detail: '',
  files: [],
  fileCount: 0,
  ...more,
})

export const row = (id: string, state: RowState, more: Partial<TaskRow> = {}): TaskRow => ({
  id: taskId(id),
  title: 'Add a greeting',
  repo: 'project',
  state,
  ref: null,
  createdAt: '2026-01-02T03:04:05.000Z',
  startedAt: null,
  finishedAt: null,
  live: null,
  usage: null,
  ...more,
})

/** A snapshot with these tasks, in the slots that they say. */
export function snapshotOf(tasks: readonly TaskRow[], more: Partial<Snapshot> = {}): Snapshot {
  const holder = new Map(
    tasks.flatMap(({ id, state }) =>
      'slot' in state && state.phase !== 'finished' ? [[state.slot, id] as const] : [],
    ),
  )
  return {
    seq: 1,
    tasks,
    olderTasks: 0,
    slots: allSlots.map((number) => ({
      slot: number,
      taskId: holder.get(number) ?? null,
      warmFor: [],
      machineFor: null,
    })),
    repositories: [],
    clients: [],
    address: '127.0.0.1:8765',
    warnings: [],
    settings: windowSettings(SettingsStore.open('/nonexistent', silentLog)),
    ...more,
  }
}
