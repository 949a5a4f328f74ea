import { findTool } from '../../lib/processes/find-tool.ts'
import { chooseGuest, type GuestChoice } from '../choose-guest.ts'
import type { MachineDriver, Problem } from '../driver.ts'
import { guestImageProblems } from '../guest-image.ts'
import { packageProblem } from './package-problem.ts'

/** What this host lacks for a task: git, what the driver needs, and what the guest image is built with. */
export async function hostProblems(
  driver: MachineDriver,
  { cacheDirectory, guest }: { readonly cacheDirectory: string; readonly guest: GuestChoice },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const [git, machine, image] = await Promise.all([
    gitProblems(),
    driver.problems(signal),
    guestImageProblems({ cacheDirectory }, signal, chooseGuest(guest)),
  ])
  // Two parts may name the same package.
  return [...new Map([...git, ...machine, ...image].map((problem) => [problem.code, problem])).values()]
}

const gitProblems = async (): Promise<readonly Problem[]> =>
  (await findTool('git'))
    ? []
    : [packageProblem('git-missing', 'git is missing; it makes the clones that tasks work on', 'git')]
