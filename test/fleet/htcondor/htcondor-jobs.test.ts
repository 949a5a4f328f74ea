import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJobs } from '../../../main/fleet/htcondor/htcondor-jobs.ts'

const home = '0123456789abcdef'
const seat = `${home}-0a0b0c0d`
const printed = (...jobs: readonly object[]): string => JSON.stringify(jobs, null, 2)
const job = (ad: object) => ({ ClusterId: 7, ProcId: 0, MvoTask: seat, ...ad })
const stateOf = (ad: object) => parseJobs(printed(job(ad)), home).get(seat)?.state

test("the newest job of a seat counts, and other homes' jobs and other lines are passed over", () => {
  const jobs = parseJobs(
    `Welcome to the pool\n${printed(
      job({ ClusterId: 7, JobStatus: 3, RemoveReason: 'via condor_rm (by user lab)', MachineAttrMachine0: 'n1' }),
      job({ ClusterId: 12, JobStatus: 1, LastRejMatchReason: 'no match found ' }),
      job({ ClusterId: 9, JobStatus: 2, RemoteHost: 'slot1_1@n2' }),
      job({ ClusterId: 13, MvoTask: 'ffffffffffffffff-0a0b0c0d', JobStatus: 2 }),
      job({ ClusterId: 14, MvoTask: '../etc', JobStatus: 2 }),
      { ClusterId: 'fifteen' },
    )}`,
    home,
  )
  expect([...jobs]).toEqual([[seat, { id: '12.0', state: { kind: 'queued', why: 'no match found' } }]])
})

test('nothing is printed where there are no jobs', () => {
  expect(parseJobs('', home).size).toBe(0)
  expect(parseJobs('[ this is no JSON\n]', home).size).toBe(0)
})

// As condor_q of HTCondor 23.9 has printed each.
test.each([
  ['waits', { JobStatus: 1 }, { kind: 'queued', why: 'idle' }],
  ['runs', { JobStatus: 2, MachineAttrMachine0: 'n2', NumShadowStarts: 1 }, { kind: 'running', node: 'n2' }],
  [
    'runs on a slot',
    { JobStatus: 2, RemoteHost: 'slot1_1@n2.example.org' },
    { kind: 'running', node: 'n2.example.org' },
  ],
  [
    'is held before it ran',
    { JobStatus: 5, HoldReason: 'via condor_hold (by user lab)' },
    { kind: 'queued', why: 'held: via condor_hold (by user lab)' },
  ],
  [
    'was held at work',
    { JobStatus: 5, NumShadowStarts: 1, HoldReason: 'It takes too much', MachineAttrMachine0: 'n1' },
    { kind: 'ended', how: 'It takes too much', node: 'n1', end: 'cut' },
  ],
  [
    'would be begun anew',
    {
      JobStatus: 1,
      NumShadowStarts: 1,
      VacateReason: 'Job disconnected too long: JobLeaseDuration (20 seconds) expired',
      MachineAttrMachine0: 'n1',
    },
    { kind: 'ended', how: 'Job disconnected too long: JobLeaseDuration (20 seconds) expired', node: 'n1', end: 'cut' },
  ],
  [
    'was removed by its own terms',
    { JobStatus: 3, VacateReason: '', RemoveReason: 'it ran into its limit of time', MachineAttrMachine0: 'n1' },
    { kind: 'ended', how: 'it ran into its limit of time', node: 'n1', end: 'cut' },
  ],
  [
    'was removed',
    { JobStatus: 3, RemoveReason: 'via condor_rm (by user lab)' },
    { kind: 'ended', how: 'removed via condor_rm (by user lab)', node: '', end: 'cancelled' },
  ],
  [
    'is being removed',
    { JobStatus: 3, RemoteHost: 'slot1_1@n2' },
    { kind: 'queued', why: 'an earlier job is ending (removed)' },
  ],
  [
    'is being held',
    { JobStatus: 5, NumShadowStarts: 1, RemoteHost: 'slot1_1@n2' },
    { kind: 'queued', why: 'an earlier job is ending (held)' },
  ],
  [
    'was done',
    { JobStatus: 4, ExitCode: 0, ExitBySignal: false },
    { kind: 'ended', how: 'completed', node: '', end: 'done' },
  ],
  [
    'failed',
    { JobStatus: 4, ExitCode: 1, ExitBySignal: false },
    { kind: 'ended', how: 'ended with status 1', node: '', end: 'cut' },
  ],
  [
    'was killed',
    { JobStatus: 4, ExitSignal: 9, ExitBySignal: true },
    { kind: 'ended', how: 'ended by signal 9', node: '', end: 'cut' },
  ],
  ['brings its output', { JobStatus: 6 }, { kind: 'queued', why: 'an earlier job is ending (transferring output)' }],
  ['is suspended', { JobStatus: 7 }, { kind: 'queued', why: 'suspended' }],
  ['has a later status', { JobStatus: 11 }, { kind: 'queued', why: 'job status 11' }],
])('a job that %s is told as what it is', (_what, ad, state) => {
  expect(stateOf(ad)).toEqual(state)
})

test('no text is more than a short line, and no node more than a name', () => {
  const words = fc.string({ maxLength: 2_000 })
  const ad = fc.record({
    ...{ JobStatus: fc.integer({ min: 0, max: 9 }), NumShadowStarts: fc.nat(2), MachineAttrMachine0: words },
    ...{ LastRejMatchReason: words, HoldReason: words, RemoveReason: words, VacateReason: words },
  })
  fc.assert(
    fc.property(ad, (each) => {
      const state = stateOf(each)
      const said = state?.kind === 'queued' ? state.why : state?.kind === 'ended' ? state.how : ''
      const node = state?.kind === 'queued' ? '' : (state?.node ?? '')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
      return said.length <= 240 && !/[\u0000-\u001f\u007f-\u009f]/.test(said) && /^[\w.-]*$/.test(node)
    }),
  )
})
