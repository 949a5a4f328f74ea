import { readdir, readFile } from 'node:fs/promises'
import pMap from 'p-map'
import { parseTaskId, type Task, type TaskId } from '../core/task.ts'
import { foldTask } from '../core/transition.ts'
import { parseJsonLines } from '../lib/json-lines.ts'
import type { Log } from '../lib/log.ts'
import { tasksDirectory } from '../lib/paths.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { taskFiles } from './task-files.ts'

/** A desktop session may open 256 files in all, and there can be ten thousand tasks. */
const filesAtOnce = 32

/**
 * Every task that a repository's folder holds, oldest first. Reads only. A folder that is no task of ours is passed over in
 * silence, one whose record is damaged with a warning; neither is touched.
 */
export async function loadTasks(repoPath: string, log: Log, onDamaged = ignore): Promise<readonly Task[]> {
  const ids = (await folderNames(tasksDirectory(repoPath))).map(parseTaskId).filter((id) => id !== undefined)
  const tasks = await pMap(ids, (id) => loadTask(repoPath, id, log, onDamaged), { concurrency: filesAtOnce })
  return tasks.filter((task) => task !== undefined).sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}

const ignore = (_message: string): void => undefined

/** One of them; undefined when there is none, or none that can be understood. */
export async function loadTask(repoPath: string, id: TaskId, log: Log, onDamaged = ignore): Promise<Task | undefined> {
  const { events } = taskFiles(repoPath, id)
  let bytes: Buffer
  try {
    bytes = await readFile(events)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // Another program's folder.
    log.warn('a task could not be read', { events, reason: String(error) })
    return undefined
  }
  try {
    const { values, damaged } = parseJsonLines(bytes)
    if (damaged.length > 0) throw new Error(`line ${damaged.join(', ')} is damaged`)
    if (values.length === 0) return undefined // The crash came before its creation was on disk: nobody was told its id.
    const task = foldTask(values.map((value) => taskEventSchema.parse(value)))
    // The folder's place decides, not what the record says of it: the repository may have been moved.
    return { ...task, id, repoPath }
  } catch (error) {
    onDamaged(`The record ${events} is damaged; its folder is left as it is`)
    log.warn('the record of a task is damaged; its folder is left as it is', { events, reason: String(error) })
    return undefined
  }
}

async function folderNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
