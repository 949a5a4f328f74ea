import type { Problem } from '../driver.ts'
import { type HostPackage, installLine } from './package-managers.ts'

/** A program that this host lacks, with the package that has it: the cure is the line that installs it here. */
export const packageProblem = (code: string, message: string, ...names: readonly HostPackage[]): Problem => ({
  code,
  message,
  cure: installLine(names),
  remedy: { kind: 'packages', names },
})
