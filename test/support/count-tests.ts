import { z } from 'zod'

export interface Count {
  passed: number
  failed: number
}

const reportSchema = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
})

/**
 * Counts the tests of a report by Vitest's JSON reporter. A file that failed as a whole counts as one failed test, and so does a run
 * that did not succeed for a reason that no test shows: a crash, an unhandled error, a report that is missing or broken.
 */
export function countTests(report: string | undefined, succeeded: boolean): Count {
  const files = parse(report)
  const count: Count = { passed: 0, failed: 0 }
  for (const { status, assertionResults } of files ?? []) {
    const failures = assertionResults.filter((test) => test.status === 'failed').length
    count.passed += assertionResults.filter((test) => test.status === 'passed').length
    count.failed += failures === 0 && status === 'failed' ? 1 : failures
  }
  if (files === undefined || (!succeeded && count.failed === 0)) count.failed += 1
  return count
}

function parse(report: string | undefined): z.infer<typeof reportSchema>['testResults'] | undefined {
  try {
    return reportSchema.parse(JSON.parse(report ?? '')).testResults
  } catch {
    return undefined // Counted as a failure by the caller of this function.
  }
}
