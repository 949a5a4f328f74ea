import { stripVTControlCharacters } from 'node:util'
import { z } from 'zod'

export interface Count {
  passed: number
  failed: number
}

export interface Report extends Count {
  /** Of those that failed: the file, its test and the beginning of the reason, so that the end of a long run says what to look at. */
  readonly failures: readonly string[]
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      name: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullable().default(null),
        }),
      ),
    }),
  ),
})

/**
 * Counts the tests of a report by Vitest's JSON reporter. A file that failed as a whole counts as one failed test, and so does a run
 * that did not succeed for a reason that no test shows: a crash, an unhandled error, a report that is missing or broken.
 */
export function countTests(report: string | undefined, succeeded: boolean): Report {
  const files = parse(report)
  const tests = (files ?? []).flatMap(({ name, status, assertionResults }) => {
    const whole = status === 'failed' && !assertionResults.some((test) => test.status === 'failed')
    return [
      ...assertionResults.map(({ status, fullName, failureMessages }) => ({
        status,
        title: `${name}: ${fullName}${reasonOf(failureMessages ?? [])}`,
      })),
      ...(whole ? [{ status, title: `${name}: the file as a whole` }] : []),
    ]
  })
  const failures = tests.filter(({ status }) => status === 'failed').map(({ title }) => title)
  if (files === undefined) failures.push('a run that left no report')
  else if (!succeeded && failures.length === 0) failures.push('a run whose tests all passed')
  return { passed: tests.filter(({ status }) => status === 'passed').length, failed: failures.length, failures }
}

function parse(report: string | undefined): z.infer<typeof reportSchema>['testResults'] | undefined {
  try {
    return reportSchema.parse(JSON.parse(report ?? '')).testResults
  } catch {
    return undefined // Counted as a failure by the caller of this function.
  }
}

const linesOfReason = 12

/** The first lines of the first message, without the places in the code. */
function reasonOf([message = '']: readonly string[]): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*at /.test(line))
  return lines
    .slice(0, linesOfReason)
    .map((line) => `\n    ${line.slice(0, 300)}`)
    .join('')
}
