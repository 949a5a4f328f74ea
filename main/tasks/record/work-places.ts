import { lstat, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import { expandHome } from '../../lib/files/absolute-path.ts'
import { pathExists } from '../../lib/files/look.ts'

/**
 * The folder of a task's own for its large parts, below the one that the setting `tasksFolder` names; undefined where it names none.
 * @throws AppError('home-unusable') where that is not a folder in which no one but the user makes entries: others, or a commit, could put
 * a link there.
 */
export async function workFolderFor(setting: string | null, id: TaskId): Promise<string | undefined> {
  return setting === null ? undefined : join(await usableFolder(tasksFolderOf(setting)), id)
}

/** What the setting names, with the user's home folder for `~`. */
export const tasksFolderOf = (setting: string): string => expandHome(setting)

async function usableFolder(named: string): Promise<string> {
  const refuse = (why: string, hint: string) => new AppError('home-unusable', `tasksFolder: ${named} ${why}`, { hint })
  const path = await realpath(named).catch(() => undefined)
  if (path === undefined) throw refuse('is not there', `Run: mkdir -m 700 '${named}'`)
  const { mode, uid } = await lstat(path)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw refuse('is not yours alone to write in', `Run: chmod 700 '${named}', or name a folder of your own`)
  }
  for (let folder = path; ; folder = dirname(folder)) {
    if (await pathExists(join(folder, '.git'))) {
      throw refuse(
        `lies in the repository ${folder}`,
        'Name a folder outside of repositories: commits bring files there',
      )
    }
    if (folder === dirname(folder)) return path
  }
}
