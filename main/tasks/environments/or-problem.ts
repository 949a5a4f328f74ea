import { AppError, type Failure, failureText, toFailure } from '../../core/failure.ts'
import type { Chosen } from './choose-environment.ts'

type ChosenOrProblem =
  | { readonly chosen: Chosen; readonly problem: null }
  | { readonly chosen: null; readonly problem: Failure }

/** What tasks work in, or why none can start. A defect of ours is thrown on. */
export async function orProblem(asked: Promise<Chosen>): Promise<ChosenOrProblem> {
  try {
    return { chosen: await asked, problem: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { chosen: null, problem: toFailure(error) }
  }
}

export const cannotStart = (problem: Failure): string => `No task can start yet: ${failureText(problem)}`
