import { mkdir, readdir } from 'node:fs/promises'
import { AppError, messageOf } from '../../core/failure.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import { freeBytes } from '../../lib/files/disk-space.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { saysDiskFull } from '../../lib/shortage.ts'
import { GitError, type GitOptions, gitQuickly } from '../process/git.ts'
import { cloneSettings } from '../repository/clone-settings.ts'
import { inspectRepository } from '../repository/inspect-repository.ts'
import { keepStart } from '../repository/known-starts.ts'
import { bringLfsObjects } from './bring-lfs-objects.ts'
import { cloneSubmodules, gitlinksOf } from './clone-submodules.ts'
import { isSetAsKnown, makeClone } from './make-clone.ts'
import { flakeMissing, startOf } from './start-of.ts'
import { startRebase } from './start-rebase.ts'

export interface ClonedWorkspace {
  readonly startCommit: string
  /** The branch that was checked out, without `refs/heads/`; null when HEAD was detached. */
  readonly branch: string | null
  readonly objectFormat: 'sha1' | 'sha256'
  /** What the clone lacks, one sentence each. */
  readonly notes: readonly string[]
}

/**
 * Makes the task's clone at `workspace`: the user's HEAD on branch `task-ID`, sharing no block, link or setting with the
 * user's repository. On any failure, and when the signal fires, nothing is left at `workspace`.
 * @throws AppError: 'repository-invalid', 'disk-full', 'clone-failed', and 'flake-missing' where a flake is needed.
 */
export async function cloneWorkspace(
  {
    repoPath,
    workspace,
    taskId,
    needsFlake = true,
    base,
    rebase,
  }: {
    readonly repoPath: string
    readonly workspace: string
    readonly taskId: string
    /** Whether the task works in the flake of the commit that it starts from. */
    readonly needsFlake?: boolean
    /** Where it starts, in place of the user's HEAD. */
    readonly base?: TaskBase | undefined
    /** Commits that the clone is to be in the middle of rebasing onto a branch, see `startRebase`; in place of the user's HEAD. */
    readonly rebase?: { readonly branch: string; readonly startCommit: string; readonly commit: string }
  },
  signal?: AbortSignal,
): Promise<ClonedWorkspace> {
  const asked = isSetAsKnown(repoPath) ? undefined : cloneSettings(repoPath, signal)
  asked?.catch(() => undefined) // Where it is no repository, the inspection says so.
  const repository = await inspectRepository(repoPath, signal)
  const point = await startOf(repository, rebase ? { kind: 'branch', branch: rebase.branch } : base, signal)
  const { commit, hasFlake, hasSubmodules } = point
  if (needsFlake && !hasFlake) throw flakeMissing(repository)
  const user = { cwd: repository.path, trust: 'user' } as const
  const [settings, links] = await Promise.all([asked, hasSubmodules ? gitlinksOf(user, commit, signal) : []])
  await emptyFolder(workspace)
  try {
    const start = { commit, taskId }
    const made = await makeClone(repository, workspace, { ...start, settings }, signal)
    if (!made.isPartial) keepStart(repository.commonDirectory, point)
    const notes = [
      ...made.notes,
      ...(await bringLfsObjects(repository, workspace, signal)),
      ...(await cloneSubmodules(repository, workspace, { ...start, links }, signal)),
    ]
    if (rebase) await startRebase({ workspace, taskId, ...rebase }, signal)
    signal?.throwIfAborted()
    const { branch, objectFormat } = repository
    return { startCommit: commit, branch: rebase?.branch ?? branch, objectFormat, notes }
  } catch (error) {
    const diskIsFull = (await freeBytes(workspace)) < (await needed(error, user))
    await removeTree(workspace)
    signal?.throwIfAborted()
    throw explained(error, repository.path, diskIsFull)
  }
}

async function emptyFolder(workspace: string): Promise<void> {
  try {
    await mkdir(workspace, { recursive: true })
    if ((await readdir(workspace)).length === 0) return
  } catch (error) {
    throw explained(error, workspace)
  }
  throw new AppError('clone-failed', `${workspace} is not empty`, { hint: 'Remove it, or run the task again' })
}

/** Less than this is too little for any clone. */
const fullBelowBytes = 256 * 1024

/**
 * Bytes that must be free for the error not to be one of a full disk. Programs do not always say why they could not write a file, and
 * remove it then: so what is left counts beside the size of the objects, too.
 */
async function needed(error: unknown, user: GitOptions): Promise<number> {
  if (!(error instanceof GitError) || !/unable to (?:write|create)|write error/.test(error.message))
    return fullBelowBytes
  const counted = await gitQuickly(['count-objects', '-v'], user)
  const kilobytes = [...counted.stdout.matchAll(/^size(?:-pack)?: (\d+)$/gm)].reduce(
    (sum, [, size]) => sum + Number(size),
    0,
  )
  return Math.max(fullBelowBytes, kilobytes * 1024)
}

function explained(error: unknown, path: string, diskIsFull = false): unknown {
  if (error instanceof AppError) return error
  const text = messageOf(error)
  if (diskIsFull || saysDiskFull(text)) {
    return new AppError('disk-full', `No space left to clone ${path}`, {
      hint: 'Free some disk space, or clean up old tasks',
      cause: error,
    })
  }
  return new AppError('clone-failed', `${path} could not be cloned: ${text}`, {
    hint: `See whether the repository is sound: git -C ${path} fsck`,
    cause: error,
  })
}
