import type { Forge, RequestRecord } from '../../core/pull-request.ts'
import type { Task } from '../../core/task/task.ts'
import { changedPipelines } from '../../git/remote/changed-pipelines.ts'
import type { RemoteAccess } from '../../git/remote/over-http.ts'
import { pushBranch } from '../../git/remote/push-branch.ts'
import { remoteBranches } from '../../git/remote/remote-branches.ts'
import { countUnpublished } from '../../git/remote/unpublished-commits.ts'
import type { ForgeClient, SeenRequest } from './forge-client.ts'
import { ForgeRefusal } from './forge-refusal.ts'
import { ownRequest } from './next-act.ts'
import { requestText } from './request-text.ts'

export interface Bringing {
  readonly task: Task
  /** What waits at the task's ref. */
  readonly commit: string
  readonly forge: Forge
  readonly git: RemoteAccess
  readonly client: ForgeClient
  /** Puts the record on disk. */
  readonly keep: (record: RequestRecord) => Promise<void>
}

/** Why nothing was pushed or asked for: one sentence, for a person, with what they can do. */
class Held extends Error {
  override readonly name = 'Held'
}

/**
 * Puts the commit onto the branch at the remote, and opens a request for it where none is open. What a crash cut off is found there again: the commit by the branch,
 * and the request by its branch before one is opened. Resolves with the
 * record, which the caller keeps once it has told of the request.
 * @throws Held, GitError, ForgeRefusal; what was done until then is on record.
 */
export async function bringRequest(
  bringing: Bringing,
  record: RequestRecord,
  signal: AbortSignal,
): Promise<RequestRecord> {
  const { commit, keep } = bringing
  const pushing = await bringCommit(bringing, record, signal)
  const pushed = pushing.brought === commit ? pushing : { ...pushing, brought: commit }
  await keep(pushed)
  if (pushed.request?.state === 'open') return pushed
  const { number, url, state } = await findOrOpen(bringing, pushed, signal)
  return { ...pushed, request: { number, url, state } }
}

async function bringCommit(
  { task, commit, forge, git, keep }: Bringing,
  record: RequestRecord,
  signal: AbortSignal,
): Promise<RequestRecord> {
  const { repoPath, startCommit } = task
  const { branch, target } = record
  const there = await remoteBranches(repoPath, git, [target, branch], signal)
  const from = there.get(branch) ?? null
  if (from === commit) return record
  if (from !== null && !record.pushed.includes(from))
    throw new Held(`The branch ${branch} at ${forge.remote} has commits that are not the task's, and is left as it is`)
  const tip = there.get(target)
  if (tip === undefined)
    throw new Held(`There is no branch ${target} at ${forge.remote}: push it, or set another --target`)
  const own = startCommit ?? commit
  const unpublished = await countUnpublished(repoPath, { commit: own, remote: forge.remote, tip }, signal)
  if (unpublished > 0) {
    const commits = unpublished === 1 ? '1 commit of yours is' : `${unpublished} commits of yours are`
    throw new Held(`${commits} not at ${forge.remote} yet, and would be published with the task's: push them first`)
  }
  const [pipeline] = await changedPipelines(repoPath, { from: own, to: commit }, signal)
  if (pipeline !== undefined) {
    const push = `git push ${forge.remote} ${commit}:refs/heads/${branch}`
    throw new Held(`It changes ${pipeline}, which a forge runs by itself with secrets of its own. If it may: ${push}`)
  }
  // Known as ours before it is there: after a crash it may be replaced by what comes next.
  const known = { ...record, pushed: [...record.pushed.filter((each) => each !== commit), commit].slice(-mostPushed) }
  await keep(known)
  const pushed = await pushBranch(repoPath, git, { branch, commit, from }, signal)
  if (pushed.kind === 'moved') throw new Held(`The branch ${branch} at ${forge.remote} moved meanwhile`)
  if (pushed.kind === 'refused') throw new Held(`${forge.remote} refused the branch ${branch}: ${pushed.reason}`)
  return known
}

const mostPushed = 100

async function findOrOpen(
  { task, commit, client }: Bringing,
  { branch, target, request }: RequestRecord,
  signal: AbortSignal,
): Promise<SeenRequest> {
  const find = async () => ownRequest(await client.find(branch, signal), { commit, after: request?.number ?? 0 })
  const found = await find()
  if (found) return found
  try {
    return await client.open({ ...requestText(task, task.work?.notes), branch, target }, signal)
  } catch (error) {
    // An answer that was lost, and a list that lagged behind: the forge itself says that there is one.
    const isThere = error instanceof ForgeRefusal && (error.status === 409 || error.status === 422)
    const other = isThere ? await find() : undefined
    if (other) return other
    throw error
  }
}
