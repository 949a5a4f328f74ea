import { create } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import type { TaskId } from '../../main/core/task/task.ts'
import type { Host } from '../../preload/host.ts'
import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import type { ShownSettings } from '../../preload/settings.ts'
import type { Live } from './follow-host.ts'

/** What the host tells, and who it is. */
export const useLive = create<{ readonly live: Live; readonly host: Host | null }>(() => ({
  live: { status: 'connecting' },
  host: null,
}))

const nothing: readonly never[] = []

const snapshotOf = (live: Live): Snapshot | null => (live.status === 'connecting' ? null : live.snapshot)

export const useSnapshot = <Part>(select: (snapshot: Snapshot) => Part, fallback: Part): Part =>
  useLive(({ live }) => {
    const snapshot = snapshotOf(live)
    return snapshot ? select(snapshot) : fallback
  })

export const useTasks = (): readonly TaskRow[] => useSnapshot(({ tasks }) => tasks, nothing)

export const useTask = (id: TaskId): TaskRow | undefined =>
  useSnapshot<TaskRow | undefined>(({ tasks }) => tasks.findLast((task) => task.id === id), undefined)

/** Only what passes; stays the same while the rows that pass do. */
export const useTasksThat = (pass: (task: TaskRow) => boolean): readonly TaskRow[] =>
  useLive(useShallow(({ live }) => snapshotOf(live)?.tasks.filter(pass) ?? nothing))

export const useSettings = (): ShownSettings | null => useSnapshot<ShownSettings | null>((it) => it.settings, null)

export const useIsDesktop = (): boolean => useLive(({ host }) => host?.kind === 'desktop')
