import { lstat, mkdir, readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/failure.ts'
import type { Task, TaskEvent, TaskId } from '../../core/task/task.ts'
import { foldTask } from '../../core/task/transition.ts'
import { keptInHistory } from '../../git/repository/tracks-tasks.ts'
import { writeAtomically } from '../../lib/files/atomic-file.ts'
import { parseJsonLines } from '../../lib/files/json-lines.ts'
import { pathExists } from '../../lib/files/look.ts'
import { tasksDirectory } from '../../lib/files/paths.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import type { Log } from '../../lib/log.ts'
import { isAlive } from '../../lib/processes/process-identity.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'
import { FormerTasks } from './former-tasks.ts'
import { showInWorkTree } from './mirror.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { taskFiles } from './task-files.ts'
import { identityOf } from './whose-repository.ts'
import { formerTaskFolder, hasTaskFolder } from './work-tree-folder.ts'

const recordLimitBytes = 64 * 1024 ** 2

/** Why a task stays where it is; in words for the user. */
class Stays extends Error {
  override readonly name = 'Stays'
}

/**
 * Moves tasks into the home that versions before this one kept in the work trees of their repositories, at the first start of this one.
 * Only ids that the home knows are looked for, and none is moved from where a commit could have put it: what stays is left untouched, and
 * told by `doctor`. Never rejects for a repository that is odd.
 */
export async function moveFormerTasks(home: string, log: Log): Promise<void> {
  const former = await FormerTasks.open(home, log)
  for (const { id, repoPath } of former.list()) {
    try {
      await moveTask(home, id, repoPath)
      await former.done(id)
    } catch (error) {
      const reason = messageOf(error)
      if (former.reasonOf(id) !== reason)
        log.warn('a task of an earlier version stays where it is', { taskId: id, repository: repoPath, reason })
      await former.stays(id, reason)
    }
  }
}

/** Nothing to do where it is here already, or was deleted by hand. @throws Stays and other errors: it is where it was. */
async function moveTask(home: string, id: TaskId, repoPath: string): Promise<void> {
  const { folder } = taskFiles(home, id)
  if (await pathExists(folder)) return
  if (!(await pathExists(repoPath))) throw new Stays('its repository is not there now')
  const from = formerTaskFolder(repoPath, id)
  if (!(await hasTaskFolder(repoPath, id))) {
    if (!(await pathExists(from))) return
    throw new Stays(`there is a link on the way to ${from}`)
  }
  const { uid, mode } = await lstat(from)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) throw new Stays(`others can write in ${from}`)
  if (await keptInHistory(repoPath, AbortSignal.timeout(60_000))) {
    throw new Stays(`the repository has commits with files below .microvm, so ${from} may come from one`)
  }
  const events = await readEvents(from)
  const task = foldTask(events, home)
  if (task.id !== id) throw new Stays(`the record in ${from} is that of another task`)
  await mkdir(tasksDirectory(home), { recursive: true, mode: 0o700 })
  await moveFolder(from, folder, task)
  await takeLinksAway(folder)
  await placeRecord(home, task, events, repoPath)
  await showInWorkTree({ ...task, repoPath })
}

async function readEvents(folder: string): Promise<readonly TaskEvent[]> {
  const read = await readGuestFile(folder, 'events.jsonl', recordLimitBytes)
  if (read.kind === 'refused') throw new Stays(`its record is ${read.why}`)
  const { values, damaged } = parseJsonLines(read.bytes)
  if (damaged.length > 0) throw new Stays(`line ${damaged.join(', ')} of its record is damaged`)
  return values.map((value) => taskEventSchema.parse(value))
}

/** In one step where both are on one disk. Elsewhere it is copied first, which no machine may write to meanwhile. */
async function moveFolder(from: string, to: string, { machine, exit }: Task): Promise<void> {
  try {
    return await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
  }
  if (machine && !exit && (await isAlive(machine))) throw new Stays('its machine is at work on another disk')
  const unfinished = `${to}.moving`
  await removeTree(unfinished)
  await runOrThrow('cp', ['-R', '-P', '-p', '--', from, unfinished])
  await rename(unfinished, to)
  await removeTree(from)
}

/** The host makes no link there, so any is another person's, and would lead a reader or a writer away. */
async function takeLinksAway(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await unlink(join(folder, entry.name))
  }
}

/** The record with the place of its repository, which it was found at and need not know. */
async function placeRecord(home: string, { id }: Task, events: readonly TaskEvent[], repoPath: string): Promise<void> {
  const repository = await identityOf(repoPath)
  const placed = events.map((event) =>
    event.type === 'created'
      ? { ...event, task: { ...event.task, repoPath, ...(repository && { repository }) } }
      : event,
  )
  await writeAtomically(taskFiles(home, id).events, placed.map((event) => `${JSON.stringify(event)}\n`).join(''))
}
