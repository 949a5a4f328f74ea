import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import { gitOrThrow } from '../../git/process/git.ts'
import { pathExists } from '../../lib/files/look.ts'
import { sessionFolder, shareNames } from '../../tasks/record/task-files.ts'
import type { TaskRecord } from '../../tasks/record/task-record.ts'
import type { PlacedAssignment } from '../protocol.ts'
import type { SeatFiles } from './seat-files.ts'
import { unpackSession } from './session-file.ts'
import { standAt } from './store.ts'

type Past = NonNullable<PlacedAssignment['task']['past']>

/**
 * Lays down what a task had when it ended last, as far as home has it: a clone that stands where its line does, with files that were not committed so once more;
 * what its agent remembers; and its stream so far. From there the rest of our code has it go on.
 */
export async function layPast(
  record: TaskRecord,
  { line, wip }: Past,
  { files, startCommit }: { readonly files: SeatFiles; readonly startCommit: string },
  signal: AbortSignal,
): Promise<void> {
  const { source, past, taskId } = files
  const { repo, share } = record.files
  await standAt(files, line)
  await cloneWorkspace({ repoPath: source, workspace: repo, taskId, needsFlake: false }, signal)
  if (wip) await gitOrThrow(['reset', '--quiet', '--mixed', 'HEAD^'], { cwd: repo, trust: 'none' }, signal)
  await record.add({ type: 'cloned', startCommit, branch: null })
  await mkdir(share, { recursive: true, mode: 0o700 })
  await rm(sessionFolder({ share }), { recursive: true, force: true })
  await unpackSession(past.session, sessionFolder({ share }))
  if (await pathExists(past.stream)) await rename(past.stream, join(share, shareNames.stream))
}
