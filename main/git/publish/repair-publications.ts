import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { AppError, messageOf } from '../../core/failure.ts'
import { isAlive } from '../../lib/processes/process-identity.ts'
import { lockMerges } from '../merge/lock-merges.ts'
import { removeKeepers } from '../merge/quarantine.ts'
import { type GitOptions, gitQuickly } from '../process/git.ts'
import { releaseIndex } from './hold-index.ts'
import {
  asSeen,
  isSameFile,
  type Journal,
  lookAt,
  type PublishFolder,
  publications,
  publishFolder,
  readJournal,
  removePublications,
  removePublishFolder,
} from './journal.ts'
import { restoreIndex } from './swap-index.ts'
import { undoSteps } from './undo-steps.ts'

/**
 * Finishes or takes back what a crash cut off while a checkout was moved, in the repository whose common git folder this is. For the start of
 * the orchestrator, and after a process that merged has died; each merge does it first. Waits for merges that are under way.
 * @throws AppError('merge-failed') for what cannot be repaired, with the reason and the path.
 */
export async function repairPublications(commonDirectory: string, signal?: AbortSignal): Promise<void> {
  if (!(await lookAt(join(commonDirectory, publications)))) return
  await using _lock = await lockMerges(commonDirectory, signal)
  await repairInTurn(commonDirectory, signal)
}

/** As `repairPublications`, for who holds the repository's lock already. */
export async function repairInTurn(commonDirectory: string, signal?: AbortSignal): Promise<void> {
  for (const folder of await unfinishedIn(commonDirectory)) {
    signal?.throwIfAborted()
    try {
      await repair(commonDirectory, folder)
    } catch (cause) {
      if (cause instanceof AppError) throw cause
      throw new AppError('merge-failed', `An earlier merge was cut off and cannot be taken back: ${messageOf(cause)}`, {
        hint: `What it replaced is kept in ${folder.path}; when the cause is gone, merge again`,
        cause,
      })
    }
  }
  await removePublications(commonDirectory)
}

async function unfinishedIn(commonDirectory: string): Promise<readonly PublishFolder[]> {
  let names: string[]
  try {
    names = await readdir(join(commonDirectory, publications))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw error
  }
  const folders: PublishFolder[] = []
  for (const name of names) {
    if (!/^[0-9a-f-]{36}$/.test(name)) continue
    const folder = publishFolder(commonDirectory, name)
    const found = await lstat(folder.path)
    // In a repository that a group shares, others can make such folders: what they say is not trusted.
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) folders.push(folder)
  }
  return folders
}

async function repair(commonDirectory: string, folder: PublishFolder): Promise<void> {
  const journal = await readJournal(folder)
  if (!journal) {
    // It ended before it touched a file; which work tree's index it held is not on record.
    for (const index of await indexesIn(commonDirectory)) await releaseIndex(index, folder)
    await removePublishFolder(folder)
    return
  }
  const self = await lookAt(folder.path)
  if (!self || String(self.ino) !== journal.self) return // A copy of another repository's: it is about that one's files.
  if (journal.writer.pid !== process.pid && (await isAlive(journal.writer))) {
    throw new AppError('merge-failed', `Process ${journal.writer.pid} is merging in this repository`, {
      hint: 'Try again when it is done',
    })
  }
  await removeStaleLocks(journal)
  await removeKeepers(commonDirectory)
  if (!(await hasMoved(commonDirectory, journal))) await undoMove(folder, journal)
  await releaseIndex(join(journal.gitDirectory, 'index'), folder)
  await removePublishFolder(folder)
}

async function indexesIn(commonDirectory: string): Promise<string[]> {
  const linked = await readdir(join(commonDirectory, 'worktrees')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return [commonDirectory, ...linked.map((name) => join(commonDirectory, 'worktrees', name))].map((git) =>
    join(git, 'index'),
  )
}

/**
 * Whether the branch got there, and was perhaps moved on from there since: files and index came before it, so that nothing is left to do.
 */
async function hasMoved(commonDirectory: string, { branch, to }: Journal): Promise<boolean> {
  const git: GitOptions = { cwd: commonDirectory, trust: 'user', env: { GIT_DIR: commonDirectory } }
  const ref = `refs/heads/${branch}`
  const { exitCode } = await gitQuickly(['merge-base', '--is-ancestor', to, ref], git)
  if (exitCode === 0) return true
  const entries = await gitQuickly(['log', '-g', '-n', '1000', '--format=%H', ref, '--'], git)
  return entries.stdout.split('\n').includes(to)
}

/** Takes index and files back to what they were. Can be done again when it was cut off. */
export async function undoMove(folder: PublishFolder, { workTree, gitDirectory, steps }: Journal): Promise<void> {
  await restoreIndex(join(gitDirectory, 'index'), folder)
  await undoSteps(workTree, folder, steps)
}

/**
 * Locks of refs that a git of ours left behind, which happens only when it was killed as well: those that git had said it held, a branch's that
 * holds our commit, and any that came after the journal and is older than this start of the system, so that no process can hold it.
 */
async function removeStaleLocks({ locks, to, startedMs }: Journal): Promise<void> {
  const bootMs = Date.now() - uptime() * 1000
  for (const { path, seen } of locks) {
    const found = await lookAt(path)
    if (!found) continue
    const madeMs = Number(found.mtimeNs / 1_000_000n)
    const isOurs =
      isSameFile(asSeen(found), seen ?? undefined) ||
      (await readFile(path, 'latin1')).trim() === to ||
      (madeMs >= startedMs && madeMs < bootMs)
    if (isOurs) await rm(path, { force: true })
  }
}
