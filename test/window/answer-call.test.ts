import { expect, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import { answerCall, type Calls } from '../../main/window/answer-call.ts'
import { recordingLog } from '../support/recording-log.ts'

const place = '/home/ada/.microvm-orchestrator/secret'
const never = new AbortController().signal

/** The window's calls, each of which ends with the error. */
const callsThatThrow = (error: Error): Partial<Calls> =>
  new Proxy({}, { get: () => () => Promise.reject(error) }) as Partial<Calls>

test.for([
  ['snapshot', {}],
  ['diskUsage', {}],
  ['cancelTask', { id: '0123abcd' }],
  ['openConflict', { id: '0123abcd', commit: 'ab12', path: 'x' }],
] as const)('a defect behind the call %s is logged and not reported to the page', async ([name, request]) => {
  const { log, lines } = recordingLog()
  const calls = callsThatThrow(new Error(`ENOENT: no such file or directory, open '${place}'`))
  const reply = await answerCall(calls, name, request, log, never)
  expect(reply).toEqual({
    ok: false,
    failure: { code: 'internal', message: 'The orchestrator failed; its log has the reason' },
  })
  expect(JSON.stringify(lines)).toContain(place)
})

test('an error that the user can act on reaches the page as it is, and the log is silent', async () => {
  const { log, lines } = recordingLog()
  const calls = callsThatThrow(new AppError('task-busy', 'It runs', { hint: 'Wait' }))
  const reply = await answerCall(calls, 'mergeTask', { id: '0123abcd' }, log, never)
  expect(reply).toEqual({ ok: false, failure: { code: 'task-busy', message: 'It runs', hint: 'Wait' } })
  expect(lines).toEqual([])
})

test('the answer to a caller that went away names no reason, and the log is silent', async () => {
  const { log, lines } = recordingLog()
  const reply = await answerCall(callsThatThrow(new Error(place)), 'snapshot', {}, log, AbortSignal.abort())
  expect(JSON.stringify(reply)).not.toContain(place)
  expect(lines).toEqual([])
})
