import { createHash } from 'node:crypto'
import { ownCheck } from '../core/merge/own-check.ts'
import { leftMergedFiles } from '../core/task/continued-task.ts'
import type { Task } from '../core/task/task.ts'
import type { RunnerContext } from '../tasks/run/task-run.ts'
import { acceptedCaps } from '../tasks/run/task-run.ts'
import { environmentFilesOf } from '../tasks/run/write-share.ts'
import type { Provisions } from '../tasks/slots/provisions.ts'
import type { PlacedAssignment } from './protocol.ts'

/** Names a repository to a place, without its path. Homes have names of their own, so two of them share nothing there. */
export const repositoryName = (homeKey: string, repoPath: string): string =>
  createHash('sha256').update(`${homeKey}\0${repoPath}`).digest('hex').slice(0, 32)

/** Undefined for a task that begins. One that goes on does so where the work of its last run, which is whole in the repository, stands. */
const pastOf = (task: Task): PlacedAssignment['task']['past'] => {
  const { parkings, messages, former, work, fork } = task
  const line = lineOf(task)
  if (line === null) return null
  if (fork?.line && !work && !former) return { line, wip: fork.line.wip, parkings, messages: [] }
  const last = work || !former ? { work, merge: null } : former
  // Files that went onto the branch as a commit of the host's are that commit in the clone, too, or they would collide with themselves.
  const wip = last.work?.wip === true && !leftMergedFiles(last)
  const read = messages.filter(({ state }) => state === 'delivered' || state === 'answered')
  return { line, wip, parkings, messages: read }
}

/**
 * Where the line of the last run of a task that goes on stands, or of the task of which it is a fork; its start where that left nothing on it. Null for one
 * that begins.
 */
export const lineOf = ({ startCommit, parkings, former, work, fork }: Task): string | null =>
  parkings.length > 0 || fork?.line ? ((work ?? former?.work)?.commit ?? fork?.line?.commit ?? startCommit) : null

function environmentOf(
  environment: Task['environment'],
  files: ReadonlyMap<string, string> | null,
): PlacedAssignment['task']['environment'] {
  if (environment?.kind === 'plain') return 'plain'
  if (environment?.kind === 'devcontainer') return { devcontainer: environment.file }
  return files && [...files].map(([path, text]) => ({ path, text }))
}

/** What a task is given at its place. The guest's key is a stand-in there: what asks with the real one is the gateway of this host. */
export async function placedAssignment(
  task: Task,
  { limits }: Pick<RunnerContext, 'limits'>,
  provisions: Provisions,
): Promise<PlacedAssignment> {
  const { description, repo, createdAt, agent = {}, holdMs = null } = task
  const { cpus, memoryMiB, bootTimeoutMs, taskTimeoutMs, powerOffTimeoutMs, minFreeGiB = 0 } = limits
  const files = await environmentFilesOf(task)
  const check = ownCheck(task)
  return {
    task: {
      ...{ description, repo, createdAt, holdMs, agent: { ...agent } },
      run: task.parkings.length,
      past: pastOf(task),
      fork: task.fork ?? null,
      caps: task.caps ?? acceptedCaps(limits, {}),
      check: check?.command ?? null,
      checkTimeoutMs: check?.timeoutMs ?? null,
      environment: environmentOf(task.environment, files),
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
