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
