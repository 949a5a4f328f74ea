import { expect, test } from 'vitest'
import type { RequestRecord } from '../../../main/core/pull-request.ts'
import { failed, nextAct, ownRequest, succeeded } from '../../../main/integrations/requests/next-act.ts'

const [old, now] = ['1'.repeat(40), '2'.repeat(40)]
const record = (changes: Partial<RequestRecord> = {}): RequestRecord => ({
  ...{ forge: 'github', project: 'a/b', branch: 'microvm/a1b2c3d4', target: 'main', pushed: [old], brought: old },
  ...{ checked: null, heard: [], request: null, problem: null, tries: 0, notBefore: null },
  ...changes,
})
const request = (state: 'open' | 'merged' | 'closed') => ({ number: 7, url: 'https://x.example/7', state })

test.for([
  ['nothing was done and nothing waits', null, null, 'rest'],
  ['work waits', null, now, 'bring'],
  ['it was pushed, and no request is known', record(), old, 'bring'],
  ['a request is open', record({ request: request('open') }), old, 'look'],
  ['a request is open, and the work was taken back', record({ request: request('open') }), null, 'look'],
  ['a request is open, and the task went on', record({ request: request('open') }), now, 'bring'],
  ['it was merged there', record({ request: request('merged') }), old, 'settle'],
  ['it was merged there and here', record({ request: request('merged') }), null, 'rest'],
  ['it was merged there, and the task went on', record({ request: request('merged') }), now, 'bring'],
  ['it was closed there', record({ request: request('closed') }), old, 'rest'],
  ['it was closed there, and the task went on', record({ request: request('closed') }), now, 'bring'],
] as const)('%s', ([, known, work, act]) => {
  expect(nextAct(known, work, 0)).toBe(act)
})

test('a failure is tried again later each time, and not before the forge wants it', () => {
  const pauses = [100, 200]
  const once = failed(record(), { problem: 'no', notBefore: null }, 1_000, pauses)
  expect([nextAct(once, now, 1_099), nextAct(once, now, 1_100), nextAct(once, null, 1_000)]).toEqual([
    ...['wait', 'bring', 'rest'],
  ])
  const twice = failed(once, { problem: 'no', notBefore: null }, 2_000, pauses)
  expect(twice.notBefore).toBe(new Date(2_200).toISOString())
  const often = failed(
    failed(twice, { problem: 'no', notBefore: null }, 2_000, pauses),
    { problem: 'wait', notBefore: 9_000 },
    3_000,
    pauses,
  )
  expect(often).toMatchObject({ notBefore: new Date(9_000).toISOString(), tries: 4, problem: 'wait' })
  expect(succeeded(often)).toEqual(record())
})

test('of requests for the branch the open one is taken, else one that is over with this very commit, and none from before', () => {
  const seen = (number: number, state: string, commit: string) => ({ number, state, commit })
  const all = [seen(9, 'merged', now), seen(8, 'open', old), seen(7, 'closed', old)]
  expect(ownRequest(all, { commit: now, after: 0 })?.number).toBe(8)
  expect(ownRequest([all[0] ?? seen(0, '', ''), seen(7, 'closed', old)], { commit: now, after: 0 })?.number).toBe(9)
  expect(ownRequest([seen(7, 'closed', old)], { commit: now, after: 0 })).toBeUndefined()
  expect(ownRequest([seen(7, 'closed', old)], { commit: old, after: 7 })).toBeUndefined()
})
