import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Interruption } from '../../main/core/task/parking.ts'
import { parseInterruption } from '../../main/worker/read-interruption.ts'

// As Claude Code 2.1.330 wrote them when the API answered so, shortened to what is read and some of what is not.
const rejected =
  '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795502299,"rateLimitType":"five_hour"}}'
const allowed = '{"type":"rate_limit_event","rate_limit_info":{"status":"allowed","isUsingOverage":false}}'
const end = (fields: object) =>
  JSON.stringify({ type: 'result', subtype: 'success', is_error: true, api_error_status: null, result: '', ...fields })
const limit = end({
  api_error_status: 429,
  api_error: 'usage_limit_reached',
  result: "You've hit your 5-hour limit · resets 6:38am (UTC)",
})
const resumed = '{"type":"system","subtype":"microvm_resumed"}'

test.each<[string, readonly string[], Interruption | null]>([
  ['a subscription at its limit', [allowed, rejected, limit], { kind: 'usage-limit', resetsAt: 1795502299000 }],
  ['an API key at its limit', [end({ api_error_status: 429 })], { kind: 'usage-limit', resetsAt: null }],
  [
    'the words of an older version',
    [end({ result: 'Claude AI usage limit reached|1795502299' })],
    { kind: 'usage-limit', resetsAt: 1795502299000 },
  ],
  ['a connection that breaks', [end({ api_error: 'connection_failed' })], { kind: 'api-unavailable' }],
  ['an overloaded API', [end({ api_error_status: 529 })], { kind: 'api-unavailable' }],
  ['a wrong key', [end({ api_error_status: 401 })], null],
  ['a success that tells of limits', [rejected, end({ is_error: false, result: 'usage limit reached' })], null],
  ['an earlier run that ended so, before this one said anything', [rejected, limit, resumed], null],
  [
    'an end before which an earlier run was rejected',
    [rejected, resumed, end({ api_error_status: 429 })],
    { kind: 'usage-limit', resetsAt: null },
  ],
  ['no end at all', [rejected], null],
])('%s is told as what it is', (_what, lines, expected) => {
  expect(parseInterruption(lines.join('\n'))).toEqual(expected)
})

test('whatever the guest writes, the parser answers', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseInterruption(`${text}\n"result" ${text}\n${rejected}\n${text}`)
    }),
  )
})
