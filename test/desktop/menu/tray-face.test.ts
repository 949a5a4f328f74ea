import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { dockState } from '../../../main/desktop/menu/dock-state.ts'
import { trayFace, unseenFailures } from '../../../main/desktop/menu/tray-face.ts'
import type { Snapshot } from '../../../preload/live-state.ts'
import { ended, row, snapshotOf, working } from '../../support/window/window-rows.ts'

const none: ReadonlySet<TaskId> = new Set()
const held = row('bbbbbbbb', ended('unmerged', { reason: 'conflicts' }), { ref: 'refs/tasks/bbbbbbbb' })
const broken = row('cccccccc', ended('failed', { reason: 'timed-out' }))

test('icon and title tell what is at work, what needs the user and what failed, the last before the others', () => {
  expect(trayFace(snapshotOf([]), none)).toEqual({ icon: 'idle', title: '', tip: 'No task is running' })
  const busy = snapshotOf([row('aaaaaaaa', working)])
  expect(trayFace(busy, none)).toEqual({ icon: 'busy', title: '1', tip: '1 running' })
  const needing = snapshotOf([row('aaaaaaaa', working), held])
  expect(trayFace(needing, none)).toEqual({ icon: 'needs-you', title: '1 !1', tip: '1 running, 1 needs you' })
  const all = snapshotOf([row('aaaaaaaa', working), held, broken])
  expect(trayFace(all, new Set([broken.id]))).toEqual({
    icon: 'failed',
    title: '1 !1 ✕1',
    tip: '1 running, 1 needs you, 1 failed',
  })
})

test('work that was rejected, or is nowhere to be merged from, does not need the user', () => {
  const rejected = { ...held, state: ended('unmerged', { reason: 'rejected' }) }
  const gone = { ...held, id: row('dddddddd', working).id, ref: null }
  expect(trayFace(snapshotOf([rejected, gone]), none).icon).toBe('idle')
  expect(dockState(snapshotOf([rejected, gone]), true).badge).toBe('')
})

test('a failure is shown until its task was looked at, and never that of a task that had failed before the app began', () => {
  const atWork = snapshotOf([row('cccccccc', working)])
  const after = snapshotOf([broken])
  const step = (before: ReadonlySet<TaskId>, was: Snapshot | undefined, now: Snapshot, front: TaskId | null = null) =>
    unseenFailures(before, { was, now, front })
  expect([...step(none, undefined, after)]).toEqual([])
  const told = step(none, atWork, after)
  expect([...told]).toEqual([broken.id])
  expect([...step(told, after, after)]).toEqual([broken.id])
  expect([...step(told, after, after, broken.id)]).toEqual([])
  expect([...step(none, atWork, after, broken.id)]).toEqual([])
  expect([...step(told, after, snapshotOf([]))]).toEqual([])
})

test('the app is in the Dock while its window is open, with the number of tasks that need the user', () => {
  expect(dockState(undefined, true)).toEqual({ policy: 'regular', badge: '' })
  expect(dockState(snapshotOf([held, broken]), true)).toEqual({ policy: 'regular', badge: '1' })
  expect(dockState(snapshotOf([held]), false)).toEqual({ policy: 'accessory', badge: '1' })
})
