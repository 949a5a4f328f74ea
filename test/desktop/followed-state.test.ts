import { expect, test } from 'vitest'
import { followState } from '../../main/desktop/followed-state.ts'
import type { Delta, Snapshot } from '../../preload/live-state.ts'
import { ended, row, snapshotOf, working } from '../support/window/window-rows.ts'

const at = (seq: number): Snapshot => ({ ...snapshotOf([row('aaaaaaaa', working, { title: `as of ${seq}` })]), seq })
const delta = (seq: number): Delta => ({
  seq,
  changes: [{ kind: 'task', task: row('aaaaaaaa', working, { title: `as of ${seq}` }) }],
})
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A backend that answers when the test says so, and the steps that a tray sees. */
function slowBackend() {
  const asked: ((reply: unknown) => void)[] = []
  let take: ((delta: Delta) => void) | undefined
  const steps: (readonly [string | undefined, string | undefined])[] = []
  const titleOf = (snapshot: Snapshot | undefined) => snapshot?.tasks[0]?.title
  const following = followState(
    {
      call: () => new Promise((resolve) => asked.push(resolve as never)),
      listen: (listener) => {
        take = listener
        return () => {
          take = undefined
        }
      },
    },
    (now, before) => steps.push([titleOf(now), titleOf(before)]),
  )
  return {
    steps,
    following,
    asked: () => asked.length,
    isHeard: () => take !== undefined,
    tell: (...deltas: readonly Delta[]) => {
      for (const each of deltas) take?.(each)
    },
    answer: async (reply: unknown) => {
      asked.shift()?.(reply)
      await turn()
    },
  }
}

const answered = (seq: number) => ({ ok: true, value: at(seq) })
const refusal = { ok: false, failure: { code: 'defect', message: 'not now' } }

test('what is sent while the first snapshot is under way is applied to it', async () => {
  const backend = slowBackend()
  backend.tell(delta(4), delta(5))
  await backend.answer(answered(4))
  expect(backend.steps.at(-1)?.[0]).toBe('as of 5')
  await backend.following
})

test('what is sent while a missing delta has a snapshot asked for is applied to it', async () => {
  const backend = slowBackend()
  await backend.answer(answered(4))
  await backend.following
  backend.tell(delta(6), delta(7), delta(8))
  expect(backend.asked()).toBe(1)
  await backend.answer(answered(7))
  expect(backend.steps).toEqual([
    ['as of 4', undefined],
    ['as of 7', 'as of 4'],
    ['as of 8', 'as of 7'],
  ])
  expect(backend.asked()).toBe(0)
})

test('a snapshot that is older than what was sent is followed by another', async () => {
  const backend = slowBackend()
  backend.tell(delta(9))
  await backend.answer(answered(4))
  expect(backend.asked()).toBe(1)
  await backend.answer(answered(9))
  expect(backend.steps.at(-1)?.[0]).toBe('as of 9')
})

test('a delta that is held already is no step', async () => {
  const backend = slowBackend()
  await backend.answer(answered(4))
  backend.tell(delta(3), delta(4))
  expect(backend.steps).toHaveLength(1)
})

test('a refusal later asks again with the next delta, a refusal at the start is an error and ends it', async () => {
  const backend = slowBackend()
  await backend.answer(answered(4))
  backend.tell(delta(6))
  await backend.answer(refusal)
  backend.tell(delta(7))
  await backend.answer(answered(7))
  expect(backend.steps.at(-1)?.[0]).toBe('as of 7')

  const never = slowBackend()
  const failing = expect(never.following).rejects.toThrow('not now')
  await never.answer(refusal)
  await failing
  expect(never.isHeard()).toBe(false)
})

test('nothing is reported after the end', async () => {
  const backend = slowBackend()
  await backend.answer(answered(4))
  const end = await backend.following
  backend.tell(delta(6))
  end()
  await backend.answer({ ok: true, value: snapshotOf([row('aaaaaaaa', ended('merged'))]) })
  expect(backend.steps).toHaveLength(1)
})
