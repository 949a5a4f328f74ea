import { lstat, mkdir, readlink, rmdir, symlink, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { TaskId } from '../../core/task/task.ts'

/**
 * `.microvm/tasks/ID` in the user's work tree: what users know of a task, as links into the home. This is the only module that builds a
 * path there. A commit can name every one of these paths, so nothing below them is ever read as the host's own, no step follows a link,
 * and nothing is deleted but links that lead where the host's own would.
 */
const steps = ['.microvm', 'tasks'] as const

/** Where versions before this one kept a task, whole. */
export const formerTaskFolder = (repoPath: string, id: TaskId): string => join(repoPath, ...steps, id)

/** Where they kept them all. */
export const formerTasksFolder = (repoPath: string): string => join(repoPath, ...steps)

/** Why no links were written, in words for the user. */
export class MirrorRefused extends Error {
  override readonly name = 'MirrorRefused'
}

/** Whether the folder of the task is there, with no link on the way to it. */
export async function hasTaskFolder(repoPath: string, id: TaskId): Promise<boolean> {
  for (const path of stepsTo(repoPath, id)) if ((await kindOf(path)) !== 'folder') return false
  return true
}

/** Makes the folder of the task for its owner alone, one step at a time. @throws MirrorRefused */
export async function makeTaskFolder(repoPath: string, id: TaskId): Promise<void> {
  for (const path of stepsTo(repoPath, id)) {
    if ((await kindOf(path)) === 'absent') await mkdir(path, { mode: 0o700 }).catch(unless('EEXIST')) // Another task made it just now.
    const kind = await kindOf(path)
    if (kind !== 'folder') throw new MirrorRefused(`${path} is ${kind === 'link' ? 'a link' : 'not a folder'}`)
  }
}

/** Puts a link to each of these files into the folder of the task; a name that is taken stays as it is. */
export async function linkFiles(repoPath: string, id: TaskId, files: readonly string[]): Promise<void> {
  for (const target of files) {
    if (!(await hasTaskFolder(repoPath, id))) return // It was cleaned away meanwhile.
    await symlink(target, join(formerTaskFolder(repoPath, id), basename(target))).catch(unless('EEXIST', 'ENOENT'))
  }
}

/** Takes the links to these files away, and the folder of the task where nothing else is in it. */
export async function unlinkFiles(repoPath: string, id: TaskId, files: readonly string[]): Promise<void> {
  if (!(await hasTaskFolder(repoPath, id))) return
  const folder = formerTaskFolder(repoPath, id)
  for (const target of files) {
    const path = join(folder, basename(target))
    if ((await readlink(path).catch(() => null)) === target) await unlink(path).catch(unless('ENOENT')) // A file of another's making is not ours.
  }
  await rmdir(folder).catch(unless('ENOTEMPTY', 'EEXIST', 'ENOENT'))
}

/** What others do there at the same moment is no error of ours. */
const unless =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }

/** The folders on the way to a task's, the outermost first. */
const stepsTo = (repoPath: string, id: TaskId): readonly string[] =>
  [...steps, id].map((_step, index, all) => join(repoPath, ...all.slice(0, index + 1)))

async function kindOf(path: string): Promise<'absent' | 'folder' | 'link' | 'other'> {
  try {
    const found = await lstat(path)
    return found.isSymbolicLink() ? 'link' : found.isDirectory() ? 'folder' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'absent'
    if (code === 'ENOTDIR') return 'other'
    throw error
  }
}
