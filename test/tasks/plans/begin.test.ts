import { expect, test } from 'vitest'
import type { TaskBase } from '../../../main/core/task/task-base.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { WaitingRoom, type WaitingRoomOptions } from '../../../main/tasks/admission/waiting-room.ts'
import type { TaskRecord } from '../../../main/tasks/record/task-record.ts'
import type { SlotLease } from '../../../main/tasks/slots/slot-pool.ts'
import { identity, slot, taskId } from '../../support/tasks.ts'

const base: TaskBase = { kind: 'commit', name: 'aaaaaaaa', commit: 'a'.repeat(40) }
const follower = { ...identity('/repo', 'bbbbbbbb'), after: [taskId('aaaaaaaa')], queue: { priority: 0 } }
const record = {
  task: newTask(follower, '/home'),
  [Symbol.asyncDispose]: async () => undefined,
} as unknown as TaskRecord

/** A room of which the admission is decided by the test. */
function room() {
  const decisions: PromiseWithResolvers<SlotLease>[] = []
  const given: string[] = []
  const options = {
    slots: { preferred: () => slot(1), list: () => [{ slot: slot(1), taskId: null }] },
    admission: {
      admit: () => {
        const decision = Promise.withResolvers<SlotLease>()
        decisions.push(decision)
        return decision.promise
      },
      idle: async () => undefined,
    },
    log: silentLog,
    isPaused: () => false,
  } as unknown as WaitingRoomOptions
  const waiting = new WaitingRoom(options)
  const begun: (TaskBase | undefined)[] = []
  const beginQueuedAtPlace = (): never => expect.fail('No task here has a place')
  waiting.open({ beginQueued: (_record, _lease, from) => void begun.push(from), beginQueuedAtPlace })
  waiting.add(record)
  const lease = { slot: slot(1), [Symbol.dispose]: () => void given.push('back') } as unknown as SlotLease
  return { waiting, begun, given, admit: async () => decisions.shift()?.resolve(lease), decisions }
}

test('a task that comes after others begins from what was chosen, once it is ready', async () => {
  const { waiting, begun, admit } = room()
  waiting.callNext()
  expect(waiting.position(taskId('bbbbbbbb'))).toBeNull()
  waiting.setReady(taskId('bbbbbbbb'), true, base)
  waiting.callNext()
  await admit()
  await expect.poll(() => begun).toEqual([base])
  await waiting[Symbol.asyncDispose]()
})

test('one that is ready no more when it gets its slot gives it back, and waits on', async () => {
  const { waiting, begun, given, admit, decisions } = room()
  waiting.setReady(taskId('bbbbbbbb'), true, base)
  waiting.callNext()
  waiting.setReady(taskId('bbbbbbbb'), false)
  await admit()
  await expect.poll(() => given).toEqual(['back'])
  expect([begun, decisions]).toEqual([[], []])
  waiting.setReady(taskId('bbbbbbbb'), true)
  waiting.callNext()
  await admit()
  await expect.poll(() => begun).toEqual([undefined])
  await waiting[Symbol.asyncDispose]()
})
