import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { homeHasAll } from '../../main/fleet/node/home-has-all.ts'
import { seatFiles } from '../../main/fleet/node/seat-files.ts'
import type { PlacedEnd } from '../../main/fleet/protocol.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { temporaryFolder } from '../support/temporary.ts'

const failure = { code: 'boot-failed', message: 'It did not boot' } as const
const ran = { kind: 'ran', exit: { kind: 'powered-off' }, stopReason: null } as const
const work = { commit: 'a'.repeat(40), wip: false, also: [], operation: null, markers: { files: [] }, notes: [] }
const saved: PlacedEnd = { ...ran, work: { saved: { ...work, unsaved: false } } }
const partly: PlacedEnd = { ...ran, work: { saved: { ...work, unsaved: true } } }
const lost: PlacedEnd = { ...ran, work: { lost: failure } }
const failed: PlacedEnd = { kind: 'failed', failure }

test.for<readonly [string, PlacedEnd, 'no clone' | 'a clone' | 'an agent', boolean]>([
  ['work that was saved', saved, 'an agent', true],
  ['work of which a part was not saved', partly, 'an agent', false],
  ['work that could not be saved', lost, 'an agent', false],
  ['work that could not be saved, of a machine that ran and says nothing of its agent', lost, 'a clone', false],
  ['a task that failed after its agent began', failed, 'an agent', false],
  ['a task that failed before its agent began', failed, 'a clone', true],
  ['a task that failed before it had a clone', failed, 'no clone', true],
  ['work of a clone that is not there', lost, 'no clone', true],
])('a seat with %s is deleted only where nothing lies in it alone', async ([, end, has, expected]) => {
  const seat = seatFiles(await temporaryFolder(), `${'0'.repeat(16)}-0a0a0a0a`)
  const { repo, share } = taskFiles(seat.folder, seat.taskId)
  if (has !== 'no clone') await mkdir(repo, { recursive: true })
  const started = join(share, 'started')
  await mkdir(dirname(started), { recursive: true })
  if (has === 'an agent') await writeFile(started, '')
  expect(await homeHasAll(seat, end)).toBe(expected)
})
