import { statSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import pMap from 'p-map'
import { parseTaskId, type Task, type TaskId } from '../core/task.ts'
import { briefOf, isOver } from '../core/task-brief.ts'
import { foldTask } from '../core/transition.ts'
import { parseJsonLines } from '../lib/json-lines.ts'
import type { Log } from '../lib/log.ts'
import { tasksDirectory } from '../lib/paths.ts'
import type { IndexedTask } from './finished-index.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { eventsPath } from './task-files.ts'

/** A desktop session may open 256 files in all, and there can be ten thousand tasks. */
const filesAtOnce = 32

export interface LoadedTasks {
  /** Those that have not ended, or of whose end nobody was told; whole. */
  readonly open: readonly Task[]
  /** The others. Where the index was believed, the very entry of it. */
  readonly over: readonly IndexedTask[]
}

export interface LoadOptions {
  /** By the path of their events; believed where that file still has the size and time that the entry names. */
  readonly indexed?: ReadonlyMap<string, IndexedTask>
  readonly onDamaged?: (message: string) => void
}

/**
 * Every task that a repository's folder holds. Reads only. A folder that is no task of ours is passed over in silence, one whose
 * record is damaged with a warning; neither is touched.
 */
export async function loadTasks(repoPath: string, log: Log, options: LoadOptions = {}): Promise<LoadedTasks> {
  const ids = (await folderNames(tasksDirectory(repoPath))).map(parseTaskId).filter((id) => id !== undefined)
  const believed: IndexedTask[] = []
  const others = ids.filter((id) => {
    const known = options.indexed?.get(eventsPath(repoPath, id))
    if (!known || !isAsNamed(repoPath, known)) return true
    believed.push(known)
    return false
  })
  const found = await pMap(others, (id) => loadOne(repoPath, id, log, options.onDamaged), { concurrency: filesAtOnce })
  const over = found.filter((one) => one !== undefined && 'brief' in one)
  const open = found.filter((one) => one !== undefined && 'id' in one)
  return { open, over: [...believed, ...over] }
}

/** Looks at once: ten thousand answers by way of other threads take ten times as long, and only a start has an index. */
function isAsNamed(repoPath: string, { brief, size, mtimeMs }: IndexedTask): boolean {
  try {
    const found = statSync(eventsPath(repoPath, brief.id), { throwIfNoEntry: false })
    return found?.size === size && found.mtimeMs === mtimeMs
  } catch {
    return false // Reading it says why.
  }
}

async function loadOne(
  repoPath: string,
  id: TaskId,
  log: Log,
  onDamaged?: (message: string) => void,
): Promise<Task | IndexedTask | undefined> {
  const stamp = await stampOf(eventsPath(repoPath, id))
  const task = await loadTask(repoPath, id, log, onDamaged)
  // What grows while it is read loses its stamp, and an entry with the old one is never believed.
  return task && isOver(task) ? { brief: briefOf(task), ...stamp } : task
}

/** The entry of a task for the index; undefined when there is none, or it is not over. */
export async function indexedTask(repoPath: string, id: TaskId, log: Log): Promise<IndexedTask | undefined> {
  const loaded = await loadOne(repoPath, id, log)
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
export async function loadTask(repoPath: string, id: TaskId, log: Log, onDamaged = ignore): Promise<Task | undefined> {
  const events = eventsPath(repoPath, id)
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

const ignore = (_message: string): void => undefined

async function folderNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
