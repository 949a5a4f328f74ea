import { lstatSync, statSync } from 'node:fs'
import { constants, open, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import pMap from 'p-map'
import { parseTaskId, type Task, type TaskId } from '../../core/task/task.ts'
import { briefOf, isOver, type TaskBrief } from '../../core/task/task-brief.ts'
import { foldTask } from '../../core/task/transition.ts'
import { parseJsonLines } from '../../lib/files/json-lines.ts'
import { tasksDirectory } from '../../lib/files/paths.ts'
import type { Log } from '../../lib/log.ts'
import type { Stamp } from '../history/index-row.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { eventsPath } from './task-files.ts'

/** A desktop session may open 256 files in all, and there can be ten thousand tasks. */
const filesAtOnce = 32

export interface LoadedTasks {
  /** The tasks that have not ended, or whose end was not announced; whole. */
  readonly open: readonly Task[]
  readonly over: readonly TaskBrief[]
}

export interface LoadOptions {
  /** By id; trusted where the task's events still have the size and time that the entry names. */
  readonly indexed?: ReadonlyMap<TaskId, Stamp & { readonly brief: TaskBrief }>
}

/**
 * Every task of a home: the folders of `HOME/tasks`, where no one but the host can put one. Reads only. A folder that is no task is left
 * out in silence, one whose record is damaged with a warning; neither is touched.
 */
export async function loadTasks(home: string, log: Log, { indexed }: LoadOptions = {}): Promise<LoadedTasks> {
  const ids = await taskIdsIn(home)
  const believed: TaskBrief[] = []
  const others = ids.filter((id) => {
    const known = indexed?.get(id)
    if (!known || !isAsNamed(home, id, known)) return true
    believed.push(known.brief)
    return false
  })
  const found = await pMap(others, (id) => loadTask(home, id, log), { concurrency: filesAtOnce })
  const tasks = found.filter((task) => task !== undefined)
  return {
    open: tasks.filter((task) => !isOver(task)),
    over: [...believed, ...tasks.filter(isOver).map(briefOf)],
  }
}

/** Whether a task's events still have this size and time. Looks at once: ten thousand answers by way of other threads take ten times as long. */
export function isAsNamed(home: string, id: TaskId, { size, mtimeMs }: Stamp): boolean {
  const found = stampOf(home, id)
  return found.size === size && found.mtimeMs === mtimeMs
}

/** A task, and the stamp that its record had before it was read: what grows meanwhile is never trusted with it. Undefined as for `loadTask`. */
export async function loadStamped(
  home: string,
  id: TaskId,
  log: Log,
  onDamaged?: (message: string) => void,
): Promise<{ readonly task: Task; readonly stamp: Stamp } | undefined> {
  const stamp = stampOf(home, id)
  const task = await loadTask(home, id, log, onDamaged)
  return task && { task, stamp }
}

/** Of a task's events; one that no file has where they cannot be looked at, since reading them says why. */
export function stampOf(home: string, id: TaskId): Stamp {
  try {
    const { size, mtimeMs } = statSync(eventsPath(home, id))
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
    if (!lstatSync(dirname(events)).isDirectory()) return undefined // No task of ours.
    bytes = await readRecord(events)
  } catch (error) {
    if (notThere.has((error as NodeJS.ErrnoException).code)) return undefined // No task of ours.
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

const notThere: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR'])

const ignore = (_message: string): void => undefined

async function readRecord(path: string): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  return await file.readFile()
}

/** The names in the folder of all tasks that a task can have; none where that folder is a link, which is none of our making. */
export async function taskIdsIn(home: string): Promise<readonly TaskId[]> {
  const folder = tasksDirectory(home)
  try {
    if (!lstatSync(folder).isDirectory()) return []
    return (await readdir(folder)).map(parseTaskId).filter((id) => id !== undefined)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
