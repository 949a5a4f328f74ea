import type { Problem } from '../driver.ts'
import { applyRemedies, type RemedyOptions } from './host-packages.ts'

/**
 * Does what our installer can do about what a look finds, and looks again: a package that was missing may show what else is. Nothing is tried twice.
 * @param look resolves with the problems as they are now.
 * @returns what is left.
 * @throws AppError('host-incomplete') at the first step that fails.
 */
export async function cureProblems(
  look: () => Promise<readonly Problem[]>,
  options: RemedyOptions,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const tried = new Set<string>()
  for (;;) {
    const problems = await look()
    const curable = problems.filter(({ code, remedy }) => remedy !== undefined && !tried.has(code))
    if (curable.length === 0) return problems
    for (const { code } of curable) tried.add(code)
    await applyRemedies(curable, options, signal)
  }
}
