import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJobs } from '../../../main/fleet/slurm/slurm-jobs.ts'

const home = '0123456789abcdef'
const seat = `${home}-0a0b0c0d`

test("the newest job of a seat counts, and other homes' jobs and other lines are passed over", () => {
  const jobs = parseJobs(
    [
      'Welcome to the cluster',
      `7|mvo-${seat}|NODE_FAIL|n1|None`,
      `12|mvo-${seat}|PENDING||Nodes required for job are DOWN, DRAINED or reserved`,
      `9|mvo-${seat}|RUNNING|n2|None`,
      `13|mvo-ffffffffffffffff-0a0b0c0d|RUNNING|n1|None`,
      `14|${seat}|RUNNING|n1|None`,
      `15_2|mvo-${seat}|RUNNING|n1|None`,
    ].join('\n'),
    home,
  )
  expect([...jobs]).toEqual([
    [seat, { id: '12', state: { kind: 'queued', why: 'Nodes required for job are DOWN, DRAINED or reserved' } }],
  ])
})

test.each([
  ['RUNNING|n1|None', { kind: 'running', node: 'n1' }],
  ['PENDING||Resources', { kind: 'queued', why: 'Resources' }],
  ['PENDING||None', { kind: 'queued', why: 'PENDING' }],
  ['CONFIGURING|n1|None', { kind: 'queued', why: 'CONFIGURING' }],
  ['COMPLETING|n1|None', { kind: 'queued', why: 'an earlier job is ending (COMPLETING)' }],
  ['CANCELLED|n1|None', { kind: 'ended', how: 'CANCELLED', node: 'n1', end: 'cancelled' }],
  ['COMPLETED|n1|None', { kind: 'ended', how: 'COMPLETED', node: 'n1', end: 'done' }],
  ['FAILED|n1|NonZeroExitCode', { kind: 'ended', how: 'FAILED (NonZeroExitCode)', node: 'n1', end: 'cut' }],
  ['TIMEOUT|n1|TimeLimit', { kind: 'ended', how: 'TIMEOUT (TimeLimit)', node: 'n1', end: 'cut' }],
  ['A_LATER_STATE|n1|', { kind: 'ended', how: 'A_LATER_STATE', node: 'n1', end: 'cut' }],
])('%s is told as what it is', (line, state) => {
  expect(parseJobs(`1|mvo-${seat}|${line}`, home).get(seat)?.state).toEqual(state)
})

test('no text is more than a state with a short line for a reason', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ maxLength: 2_000 }), (state, reason) => {
      const job = parseJobs(`1|mvo-${seat}|${state.replaceAll('\n', '')}|n1|${reason.replaceAll('\n', '')}`, home).get(
        seat,
      )
      const said = job?.state.kind === 'queued' ? job.state.why : job?.state.kind === 'ended' ? job.state.how : ''
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
      return said.length <= 240 && !/[\u0000-\u001f\u007f-\u009f]/.test(said)
    }),
  )
})
