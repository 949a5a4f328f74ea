import { expect, test } from 'vitest'
import type { Failure } from '../../main/core/failure.ts'
import { applyDelta } from '../../preload/apply-delta.ts'
import type { Reply } from '../../preload/contract.ts'
import type { Delta, Snapshot } from '../../preload/live-state.ts'
import type { Carrier, Link } from '../../renderer/carrier/carrier.ts'
import { followHost, type Live } from '../../renderer/stores/follow-host.ts'
import { busyScene, emptyScene, idOf, runningTask } from '../support/window/window-scenes.ts'

const task = (slot: number, title: string) => runningTask(slot, 'working', title, 'admin', 'a line', [1, 1, null])

const delta = (seq: number, title = `as of ${seq}`): Delta => ({
  seq,
  changes: [{ kind: 'task', task: task(1, title) }],
})

/** A host whose snapshots are answered when the test says so. */
function slowHost() {
  const waiting: ((reply: Reply<'snapshot'>) => void)[] = []
  let take: (delta: Delta) => void = () => undefined
  let watch: (link: Link) => void = () => undefined
  const carrier: Carrier = {
    call: (_name, _request) => new Promise((resolve) => waiting.push(resolve as never)),
    listen: (name, listener) => {
      if (name === 'delta') take = listener as never
      return () => undefined
    },
    watch: (watcher) => {
      watch = watcher
      return () => undefined
    },
    pathOf: () => '',
  }
  const reply = async (answer: Reply<'snapshot'>): Promise<void> => {
    waiting.shift()?.(answer)
    await Promise.resolve()
    await Promise.resolve()
  }
  const told: Live[] = []
  followHost(carrier, (live) => told.push(live))
  return {
    told,
    asked: () => waiting.length,
    link: (link: Link) => watch(link),
    tell: (delta: Delta) => take(delta),
    answer: (snapshot: Snapshot) => reply({ ok: true, value: snapshot }),
    refuse: (failure: Failure) => reply({ ok: false, failure }),
    title: () => {
      const last = told.at(-1)
      return last?.status === 'live'
        ? last.snapshot.tasks.find(({ id }) => id === idOf(0x7f3a_0001))?.title
        : last?.status
    },
  }
}

const at = (seq: number): Snapshot => ({ ...emptyScene.snapshot, seq, tasks: [task(1, `as of ${seq}`)] })

test('a delta is applied once, in its turn', async () => {
  const host = slowHost()
  host.link('open')
  await host.answer(at(4))
  host.tell(delta(4, 'never'))
  expect(host.title()).toBe('as of 4')
  host.tell(delta(5))
  expect(host.title()).toBe('as of 5')
  expect(host.asked()).toBe(0)
})

test('a missing delta asks for a snapshot, once, and what comes meanwhile is not lost', async () => {
  const host = slowHost()
  host.link('open')
  await host.answer(at(4))
  host.tell(delta(7))
  host.tell(delta(8))
  expect(host.asked()).toBe(1)
  expect(host.title()).toBe('as of 4')
  await host.answer(at(7))
  expect(host.title()).toBe('as of 8')
  expect(host.asked()).toBe(0)
})

test('a snapshot that is older than the gap is followed by another', async () => {
  const host = slowHost()
  host.link('open')
  host.tell(delta(9))
  await host.answer(at(4))
  expect(host.asked()).toBe(1)
  await host.answer(at(9))
  expect(host.title()).toBe('as of 9')
})

test('a lost link keeps what was known, and an open one asks again', async () => {
  const host = slowHost()
  host.link('open')
  await host.answer(at(4))
  host.link('lost')
  expect(host.told.at(-1)).toMatchObject({ status: 'lost', snapshot: { seq: 4 } })
  host.link('open')
  await host.answer(at(12))
  expect(host.title()).toBe('as of 12')
})

test('what was sent by a server that is gone does not wait for the snapshots of the next one', async () => {
  const host = slowHost()
  host.link('open')
  await host.answer(at(500))
  host.tell(delta(502))
  host.link('lost')
  await host.refuse({ code: 'no-server', message: 'gone' })
  host.link('open')
  await host.answer(at(3))
  expect(host.title()).toBe('as of 3')
  expect(host.asked()).toBe(0)
})

test('a link that opens while a request fails is asked again', async () => {
  const host = slowHost()
  host.link('open')
  await host.answer(at(4))
  host.tell(delta(6))
  host.link('lost')
  host.link('open')
  await host.refuse({ code: 'no-server', message: 'gone' })
  expect(host.asked()).toBe(1)
  await host.answer(at(7))
  expect(host.title()).toBe('as of 7')
})

test('more than can wait for a snapshot has another asked for', async () => {
  const host = slowHost()
  host.link('open')
  for (let seq = 1; seq <= 1_001; seq++) host.tell(delta(seq))
  await host.answer(at(0))
  expect(host.title()).toBe('as of 1000')
  expect(host.asked()).toBe(1)
  await host.answer(at(1_001))
  expect(host.title()).toBe('as of 1001')
})

test('a link that never opened is explained by the answer to a call', async () => {
  const host = slowHost()
  host.link('lost')
  await host.refuse({ code: 'no-server', message: 'This page has no session' })
  expect(host.told.at(-1)).toMatchObject({
    status: 'lost',
    snapshot: null,
    failure: { message: 'This page has no session' },
  })
})

test('every kind of change has its place', () => {
  const before = emptyScene.snapshot
  const after = applyDelta(before, {
    seq: 1,
    changes: [
      { kind: 'task', task: task(1, 'one') },
      { kind: 'task', task: task(2, 'two') },
      { kind: 'task', task: task(1, 'one again') },
      { kind: 'task-gone', id: idOf(0x7f3a_0002) },
      { kind: 'slots', slots: busyScene.snapshot.slots },
      { kind: 'repositories', repositories: busyScene.snapshot.repositories },
      { kind: 'clients', clients: busyScene.snapshot.clients },
      { kind: 'warnings', warnings: ['careful'] },
      { kind: 'settings', settings: { ...before.settings, port: 1 } },
    ],
  })
  expect(after).toEqual({
    seq: 1,
    olderTasks: 0,
    tasks: [task(1, 'one again')],
    slots: busyScene.snapshot.slots,
    repositories: busyScene.snapshot.repositories,
    clients: busyScene.snapshot.clients,
    address: before.address,
    warnings: ['careful'],
    settings: { ...before.settings, port: 1 },
  })
})
