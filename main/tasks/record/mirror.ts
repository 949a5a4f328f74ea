import { messageOf } from '../../core/failure.ts'
import type { Task } from '../../core/task/task.ts'
import { excludeTasks } from '../../git/repository/exclude-tasks.ts'
import { tracksTasks } from '../../git/repository/tracks-tasks.ts'
import { pathExists } from '../../lib/files/look.ts'
import { filesOf, type TaskFiles } from './task-files.ts'
import { hasTaskFolder, linkFiles, MirrorRefused, makeTaskFolder, unlinkFiles } from './work-tree-folder.ts'

type Mirrored = Pick<Task, 'home' | 'id' | 'repoPath' | 'workFolder'>

export interface MirrorOptions {
  /** For who wants the clone in the work tree all the same. */
  readonly linkClones?: boolean
}

/**
 * Shows the task in the user's work tree: what it has by now of its files, as links. Nothing of a task depends on it.
 * @returns why it could not, for the task's notes; null where it could, or where there is no work tree.
 */
export async function showInWorkTree(
  task: Mirrored,
  { linkClones = false }: MirrorOptions = {},
  signal?: AbortSignal,
): Promise<string | null> {
  const { id, repoPath } = task
  try {
    if (!(await pathExists(repoPath))) return null
    if (!(await hasTaskFolder(repoPath, id))) {
      await excludeTasks(repoPath, signal) // Registration did it, but the file is the user's to edit.
      if (await tracksTasks(repoPath, signal)) throw new MirrorRefused('the repository has files of its own there')
      await makeTaskFolder(repoPath, id)
    }
    const files = filesOf(task)
    const wanted = linkClones ? [...shown(files), files.repo] : shown(files)
    const there = await Promise.all(wanted.map(async (path) => ((await pathExists(path)) ? [path] : [])))
    await linkFiles(repoPath, id, there.flat())
    return null
  } catch (error) {
    signal?.throwIfAborted()
    const reason = messageOf(error)
    return `Nothing of the task is shown below .microvm/tasks of ${repoPath}: ${reason}`
  }
}

/** Takes that away again. @throws where it cannot; nothing depends on it. */
export async function hideInWorkTree(task: Mirrored): Promise<void> {
  const files = filesOf(task)
  await unlinkFiles(task.repoPath, task.id, [...shown(files), files.repo])
}

/** No clone and no share: test runners, watchers and editors walk the work tree, and would run what a guest wrote. */
const shown = (files: TaskFiles): readonly string[] => [
  files.record,
  files.description,
  files.console,
  files.result,
  files.mergeResult,
  files.stream,
  files.network,
]
