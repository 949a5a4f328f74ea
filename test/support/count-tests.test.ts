import { expect, test } from 'vitest'
import { countTests } from './count-tests.ts'

const report = (...files: readonly { status: string; tests: readonly string[] }[]): string =>
  JSON.stringify({
    testResults: files.map(({ status, tests }, index) => ({
      status,
      name: `${index}.test.ts`,
      assertionResults: tests.map((each, number) => ({ status: each, fullName: `test ${number}` })),
    })),
  })

test('each test counts once, skipped ones not at all, and failed ones are named', () => {
  const text = report(
    { status: 'passed', tests: ['passed', 'passed', 'skipped'] },
    { status: 'failed', tests: ['failed'] },
  )
  expect(countTests(text, false)).toEqual({ passed: 2, failed: 1, failures: ['1.test.ts: test 0'] })
})

test('a file that does not load is one failure', () => {
  const text = report({ status: 'failed', tests: [] }, { status: 'passed', tests: ['passed'] })
  expect(countTests(text, false)).toEqual({
    passed: 1,
    failed: 1,
    failures: ['0.test.ts: the file as a whole'],
  })
})

test.each([undefined, '', '{"testResults":[{"status"', '{}'])('a report of %j is a failure', (text) => {
  expect(countTests(text, true)).toMatchObject({ passed: 0, failed: 1 })
})

test('a run that failed with no failed test is a failure', () => {
  expect(countTests(report({ status: 'passed', tests: ['passed'] }), false)).toMatchObject({ passed: 1, failed: 1 })
})

test('the reason is told in plain text, without the places in the code', () => {
  const failureMessages = ['\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n\n- 2\n+ 1\n    at test.ts:5:3']
  const assertionResults = [{ status: 'failed', fullName: 'adds', failureMessages }]
  const text = JSON.stringify({ testResults: [{ status: 'failed', name: 'a.test.ts', assertionResults }] })
  expect(countTests(text, false).failures).toEqual([
    'a.test.ts: adds\n    AssertionError: expected 1 to be 2\n    - 2\n    + 1',
  ])
})
