import { lstatSync, statSync } from 'node:fs'
import { constants, open, readdir, stat } from 'node:fs/promises'
import pMap from 'p-map'
import { parseTaskId, type Task, type TaskId } from '../../core/task/task.ts'
import { briefOf, isOver } from '../../core/task/task-brief.ts'
import { foldTask } from '../../core/task/transition.ts'
import { parseJsonLines } from '../../lib/files/json-lines.ts'
import { tasksDirectory } from '../../lib/files/paths.ts'
import type { Log } from '../../lib/log.ts'
import type { IndexedTask } from './finished-index.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { eventsPath } from './task-files.ts'

/** A desktop session may open 256 files in all, and there can be ten thousand tasks. */
const filesAtOnce = 32

export interface LoadedTasks {
  /** The tasks that have not ended, or whose end was not announced; whole. */
  readonly open: readonly Task[]
  /** The others. Where the index was trusted, the very entry of it. */
  readonly over: readonly IndexedTask[]
}

export interface LoadOptions {
  /** By id; trusted where the task's events still have the size and time that the entry names. */
  readonly indexed?: ReadonlyMap<TaskId, IndexedTask>
  readonly onDamaged?: (message: string) => void
}

/**
 * Every task of a home: the folders of `HOME/tasks`, where no one but the host can put one. Reads only. A folder that is no task is left
 * out in silence, one whose record is damaged with a warning; neither is touched.
 */
export async function loadTasks(home: string, log: Log, options: LoadOptions = {}): Promise<LoadedTasks> {
  const ids = (await folderNames(home)).map(parseTaskId).filter((id) => id !== undefined)
  const believed: IndexedTask[] = []
  const others = ids.filter((id) => {
    const known = options.indexed?.get(id)
    if (!known || !isAsNamed(home, known)) return true
    believed.push(known)
    return false
  })
  const found = await pMap(others, (id) => loadOne(home, id, log, options.onDamaged), { concurrency: filesAtOnce })
  const over = found.filter((one) => one !== undefined && 'brief' in one)
  const open = found.filter((one) => one !== undefined && 'id' in one)
  return { open, over: [...believed, ...over] }
}

/** Looks at once: ten thousand answers by way of other threads take ten times as long, and only a start has an index. */
function isAsNamed(home: string, { brief, size, mtimeMs }: IndexedTask): boolean {
  try {
    const found = statSync(eventsPath(home, brief.id), { throwIfNoEntry: false })
    return found?.size === size && found.mtimeMs === mtimeMs
  } catch {
    return false // Reading it says why.
  }
}

async function loadOne(
  home: string,
  id: TaskId,
  log: Log,
  onDamaged?: (message: string) => void,
): Promise<Task | IndexedTask | undefined> {
  const stamp = await stampOf(eventsPath(home, id))
  const task = await loadTask(home, id, log, onDamaged)
  // What grows while it is read loses its stamp, and an entry with the old one is never trusted.
  return task && isOver(task) ? { brief: briefOf(task), ...stamp } : task
}

/** The entry of a task for the index; undefined when there is none, or it is not over. */
export async function indexedTask(home: string, id: TaskId, log: Log): Promise<IndexedTask | undefined> {
  const loaded = await loadOne(home, id, log)
  return loaded && 'brief' in loaded ? loaded : undefined
}

/** That of no file when it cannot be looked at: reading it says why. */
async function stampOf(events: string): Promise<Pick<IndexedTask, 'size' | 'mtimeMs'>> {
  try {
    const { size, mtimeMs } = await stat(events)
    return { size, mtimeMs }
  } catch {
    return { size: -1, mtimeMs: -1 }
  }
}

/** One of them; undefined when there is none, or none that can be understood. */
export async function loadTask(home: string, id: TaskId, log: Log, onDamaged = ignore): Promise<Task | undefined> {
  const events = eventsPath(home, id)
  let bytes: Buffer
  try {
    bytes = await readRecord(events)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined // No task of ours.
    log.warn('a task could not be read', { events, reason: String(error) })
    return undefined
  }
  try {
    const { values, damaged } = parseJsonLines(bytes)
    if (damaged.length > 0) throw new Error(`line ${damaged.join(', ')} is damaged`)
    if (values.length === 0) return undefined // The crash came before its creation was on disk: its id was never answered.
    const task = foldTask(
      values.map((value) => taskEventSchema.parse(value)),
      home,
    )
    return { ...task, id }
  } catch (error) {
    onDamaged(`The record ${events} is damaged; its folder is left as it is`)
    log.warn('the record of a task is damaged; its folder is left as it is', { events, reason: String(error) })
    return undefined
  }
}

const ignore = (_message: string): void => undefined

async function readRecord(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  return await file.readFile()
}

/** None where the folder of all tasks is a link, which is none of our making. */
async function folderNames(home: string): Promise<string[]> {
  const folder = tasksDirectory(home)
  try {
    if (!lstatSync(folder).isDirectory()) return []
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
