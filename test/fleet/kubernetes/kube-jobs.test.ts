import { expect, test } from 'vitest'
import { labels } from '../../../main/fleet/kubernetes/job-manifest.ts'
import { parseKubeJobs } from '../../../main/fleet/kubernetes/kube-jobs.ts'
import { refusalIn } from '../../../main/fleet/kubernetes/kubectl.ts'

const home = '0123456789abcdef'
const seat = `${home}-0a0a0a0a`
const named = (attempt: number, its: object = {}) => ({
  name: `any-${attempt}`,
  labels: { [labels.seat]: seat, [labels.attempt]: String(attempt) },
  ...its,
})
const job = (attempt: number, status: object = {}) => ({ metadata: named(attempt), spec: {}, status })
const pod = (status: object, its: object = {}) => ({ metadata: named(0, its), spec: { nodeName: 'n1' }, status })
const stateOf = (jobs: readonly unknown[], pods: readonly unknown[] = []) =>
  parseKubeJobs({ jobs, pods, events: [] }, home).get(seat)?.state

test('what is not as we know it, or of another home, is passed over, and the newest Job of a seat counts', () => {
  const others = [
    null,
    'x',
    {},
    { metadata: {} },
    { metadata: { ...named(0), labels: { [labels.seat]: '../x' } }, spec: {} },
  ]
  expect(parseKubeJobs({ jobs: others, pods: others, events: others }, home).size).toBe(0)
  expect(parseKubeJobs({ jobs: [job(0)], pods: [], events: [] }, 'f'.repeat(16)).size).toBe(0)
  const failed = { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] }
  expect(stateOf([job(0), job(1, failed)])).toEqual({ kind: 'ended', how: 'DeadlineExceeded', node: '', end: 'cut' })
  expect(stateOf([job(1, failed), job(0)])).toMatchObject({ kind: 'ended' })
})

test('no further Job begins while the pod of the last may still run', () => {
  const failed = { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }] }
  const running = { phase: 'Running', containerStatuses: [{ name: 'keeper', state: { running: {} } }] }
  expect(stateOf([job(0, failed)], [pod(running)])).toMatchObject({ kind: 'queued', why: 'an earlier job is ending' })
  expect(stateOf([job(0)], [pod(running)])).toEqual({ kind: 'running', node: 'n1' })
  expect(stateOf([job(0)], [pod(running, { deletionTimestamp: 'now' })])).toMatchObject({ kind: 'queued' })
  expect(stateOf([job(0)], [pod({ phase: 'Unknown', reason: 'NodeLost' })])).toMatchObject({
    kind: 'queued',
    why: 'NodeLost',
  })
})

test.each([
  [{ terminated: { reason: 'OOMKilled', exitCode: 137 } }, {}, 'Failed (OOMKilled: exit status 137)'],
  [
    {},
    {
      conditions: [
        { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'more urgent' },
      ],
    },
    'Failed (PreemptionByScheduler: more urgent)',
  ],
  [
    { terminated: { reason: 'Error', exitCode: 143 } },
    { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' },
    'Failed (DeadlineExceeded: Pod was active on the node longer than the specified deadline)',
  ],
  [{}, { reason: 'Evicted', message: 'low on memory\u001b[2J' }, 'Failed (Evicted: low on memory'],
])('how a pod ended is told in one line: %j %j', (state, more, how) => {
  const failed = { conditions: [{ type: 'Failed', status: 'True' }] }
  const ended = { phase: 'Failed', containerStatuses: [{ name: 'keeper', state }], ...more }
  const found = stateOf([job(0, failed)], [pod(ended)])
  expect(found).toMatchObject({ kind: 'ended', end: 'cut', node: 'n1', how: expect.stringContaining(how) })
  expect(JSON.stringify(found)).not.toContain('\\u001b')
})

test('what kubectl prints of an answer is known by its reason, and what is no answer is not taken for one', () => {
  expect(refusalIn('Error from server (AlreadyExists): jobs.batch "x" already exists\n')).toMatchObject({
    reason: 'AlreadyExists',
    message: 'jobs.batch "x" already exists',
  })
  expect(refusalIn('Error from server: admission webhook "p" denied the request: no')).toMatchObject({ reason: '' })
  expect(refusalIn('The connection to the server 127.0.0.1 was refused')).toBeUndefined()
  expect(refusalIn('error: You must be logged in to the server (Unauthorized)')).toBeUndefined()
})
