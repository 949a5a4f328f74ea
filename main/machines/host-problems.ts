import type { MachineDriver, Problem } from './driver.ts'
import { guestImageProblems } from './guest-image.ts'

/** What this host lacks for a task: what the driver needs, and what the guest image is built with. */
export async function hostProblems(
  driver: MachineDriver,
  options: { readonly cacheDirectory: string },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const [machine, image] = await Promise.all([driver.problems(signal), guestImageProblems(options, signal)])
  // Both may name the same package.
  return [...new Map([...machine, ...image].map((problem) => [problem.code, problem])).values()]
}
