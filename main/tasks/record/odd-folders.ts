import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../../core/problem.ts'
import { parseTaskId } from '../../core/task/task.ts'
import { pathExists } from '../../lib/files/look.ts'
import { tasksDirectory } from '../../lib/files/paths.ts'
import { readUndeleted } from '../upkeep/deletions.ts'
import { readFormerTasks } from './former-tasks.ts'
import { eventsPath } from './task-files.ts'
import { formerTasksFolder } from './work-tree-folder.ts'

/** What lies where tasks are kept or shown and is none, what an earlier version left, and what could not be deleted; each with its cure. */
export async function oddFolders(home: string, repositories: readonly { readonly path: string }[]): Promise<Problem[]> {
  const odd = (message: string, cure: string): Problem => ({ code: 'odd-folder', message, cure, optional: true })
  const found: Problem[] = []
  const left = (await readUndeleted(home)) ?? []
  for (const { path, reason } of left) {
    found.push(
      odd(
        `${path} could not be deleted: ${reason}`,
        'See what keeps it (lsattr, mount), then: microvm-orchestrator prune',
      ),
    )
  }
  const former = (await readFormerTasks(home)) ?? []
  for (const { id, repoPath, reason } of former) {
    found.push(
      odd(
        `Task ${id} of an earlier version stays in ${repoPath}: ${reason}`,
        'It is tried again at each start of the server',
      ),
    )
  }
  for (const name of await namesOf(tasksDirectory(home))) {
    const id = parseTaskId(name)
    const path = join(tasksDirectory(home), name)
    if ((id && (await pathExists(eventsPath(home, id)))) || left.some((one) => one.path.startsWith(path))) continue
    if (id && (await isInUse(home, id))) continue
    found.push(odd(`${path} is no task, and is left alone`, 'Remove it when you do not need it'))
  }
  for (const { path: repoPath } of repositories) {
    for (const name of await namesOf(formerTasksFolder(repoPath))) {
      const id = parseTaskId(name)
      const isKnown = id && ((await pathExists(eventsPath(home, id))) || former.some((task) => task.id === id))
      if (isKnown) continue
      const path = join(formerTasksFolder(repoPath), name)
      found.push(odd(`${path} is no task of this home, and is not believed`, 'Remove it when you do not need it'))
    }
  }
  return found
}

/** Of a machine that waits for a task: it has its folder, and no record yet. */
const isInUse = (home: string, id: string): Promise<boolean> =>
  readdir(join(tasksDirectory(home), id)).then(
    (names) => names.includes('share'),
    () => false,
  )

const namesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
