import { z } from 'zod'
import type { Problem } from '../../core/problem.ts'
import { singleLineText } from '../../lib/guest/terminal-text.ts'

export type PlaceProblem = Pick<Problem, 'message' | 'cure' | 'optional'>

/** How the doctor of a place is run. */
export const doctorRun = { timeoutMs: 2 * 60_000, outputLimitBytes: 1024 ** 2 } as const
/** How long a node of a cluster may be waited for that is to be looked at. */
export const freeNodeS = 60

const problemSchema = z.object({
  message: z.string().max(2_000),
  cure: z.string().max(2_000),
  optional: z.boolean(),
})

/** What our program at the place printed, one problem a line. */
export const problemsIn = (stdout: string): readonly PlaceProblem[] =>
  stdout.split('\n').flatMap((line) => problemOf(line))

function problemOf(line: string): readonly PlaceProblem[] {
  try {
    const { message, cure, optional } = problemSchema.parse(JSON.parse(line))
    return [{ message: singleLineText(message), cure: singleLineText(cure), optional }]
  } catch {
    return [] // A login shell may print something of its own.
  }
}

const sharedProgram =
  'The folder of our program (--folder) and Node (--node) must be there on every node, under the same paths; where all nodes are busy, try again later'

/** Of a cluster none of whose nodes could be looked at. @param said why, as far as its engine tells. */
export const unseenNode = (said: string, cure = sharedProgram): PlaceProblem => ({
  message: `No node could be looked at: ${singleLineText(said).slice(0, 300) || `none was free within ${freeNodeS} s`}`,
  cure,
  optional: false,
})
