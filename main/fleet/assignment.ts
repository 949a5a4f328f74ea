import { createHash } from 'node:crypto'
import type { Task } from '../core/task/task.ts'
import type { RunnerContext } from '../tasks/run/task-run.ts'
import { acceptedCaps } from '../tasks/run/task-run.ts'
import { environmentFilesOf } from '../tasks/run/write-share.ts'
import type { Provisions } from '../tasks/slots/provisions.ts'
import type { PlacedAssignment } from './protocol.ts'

/** Names a repository to a place, without its path. Homes have names of their own, so two of them share nothing there. */
export const repositoryName = (homeKey: string, repoPath: string): string =>
  createHash('sha256').update(`${homeKey}\0${repoPath}`).digest('hex').slice(0, 32)

/** What a task is given at its place. The guest's key is a stand-in there: what asks with the real one is the gateway of this host. */
export async function placedAssignment(
  task: Task,
  { limits }: Pick<RunnerContext, 'limits'>,
  provisions: Provisions,
): Promise<PlacedAssignment> {
  const { description, repo, createdAt, agent = {}, mergePolicy, holdMs = null } = task
  const { cpus, memoryMiB, bootTimeoutMs, taskTimeoutMs, powerOffTimeoutMs, minFreeGiB = 0 } = limits
  const files = await environmentFilesOf(task)
  return {
    task: {
      ...{ description, repo, createdAt, holdMs, agent: { ...agent } },
      caps: task.caps ?? acceptedCaps(limits, {}),
      check: mergePolicy?.kind === 'check' ? mergePolicy.command : null,
      checkTimeoutMs: (mergePolicy?.kind === 'check' ? mergePolicy.timeoutMs : null) ?? null,
      environment:
        task.environment?.kind === 'plain' ? 'plain' : files && [...files].map(([path, text]) => ({ path, text })),
    },
    limits: { cpus, memoryMiB, bootTimeoutMs, taskTimeoutMs, powerOffTimeoutMs, minFreeGiB },
    provisions: {
      key: { ...provisions.key },
      variables: { ...provisions.variables },
      egress: provisions.egress,
      privateNetworks: provisions.privateNetworks ?? false,
      idleBackgroundMs: provisions.idleBackgroundMs ?? null,
      claudeHome: provisions.claudeHome ?? null,
      gateway: provisions.gateway !== undefined,
    },
  }
}
