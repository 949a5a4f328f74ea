import { expect, test } from 'vitest'
import type { AttemptOfRow, RowState, TaskRow } from '../../preload/live-state.ts'
import { needing } from '../../preload/task-needs.ts'
import { ended, row, working } from '../support/window/window-rows.ts'

const at = '2026-01-02T03:04:06.000Z'
const waits = (reason: 'awaiting_choice' | 'check_failed' | 'awaiting_review' | 'not_chosen') =>
  ended('unmerged', { reason })

const member = (id: string, state: RowState, as: AttemptOfRow['as'] = 'candidate', group = 'aaaaaaaa'): TaskRow =>
  row(id, state, {
    attempt: { group, as, text: 'Attempt' },
    ...(state.phase === 'finished' && { finishedAt: at, ref: as === 'judge' ? null : `refs/tasks/${id}` }),
  })
const idsOf = (rows: readonly TaskRow[]) => needing(rows).map(({ id }) => id)

test('attempts need their user once all have ended, and as one', () => {
  const [one, two, three] = [
    member('11111111', waits('check_failed')),
    member('22222222', waits('awaiting_choice')),
    member('33333333', waits('awaiting_choice')),
  ]
  expect(idsOf([one, two, member('33333333', working)])).toEqual([])
  expect(idsOf([one, two, three])).toEqual(['11111111'])
  expect(idsOf([one, two, three, member('99999999', working, 'judge')])).toEqual([])
  expect(idsOf([one, two, three, member('99999999', ended('unchanged'), 'judge')])).toEqual(['11111111'])
  const other = member('44444444', waits('awaiting_choice'), 'candidate', 'bbbbbbbb')
  expect(idsOf([one, other, two])).toEqual(['11111111', '44444444'])
})

test('after a choice only the one that was chosen can need its user', () => {
  const [left, failed] = [member('11111111', waits('not_chosen')), member('22222222', waits('check_failed'))]
  expect(idsOf([left, failed, member('33333333', waits('awaiting_review'), 'chosen')])).toEqual(['33333333'])
  expect(idsOf([left, failed, member('33333333', ended('merged'), 'chosen')])).toEqual([])
  // Where its record is gone, what failed its check is on its own again.
  expect(idsOf([left, failed])).toEqual(['22222222'])
})

test('an attempt whose agent waits to be told more needs its user while others run', () => {
  const waiting = member('11111111', { phase: 'waiting', slot: null, since: at, until: at })
  expect(idsOf([waiting, member('22222222', working)])).toEqual(['11111111'])
})
