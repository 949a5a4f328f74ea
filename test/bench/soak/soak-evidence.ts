import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { findDetached } from '../../../main/lib/processes/find-processes.ts'
import { openRunRoot } from '../../../main/machines/run-root.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { type Asked, contentOf, type Found, fileOf, subjectOf } from './soak-ledger.ts'

/** Looks with git and on the disk, and asks no server. `paths`: of each repository by its alias. */
export async function findWork(
  asked: readonly Asked[],
  paths: ReadonlyMap<string, string>,
  home: string,
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>()
  for (const [alias, path] of paths) {
    for (const { id, number } of asked.filter(({ repo }) => repo === alias)) {
      const taskId = parseTaskId(id)
      const added = await gitIn(path, ['log', '--format=%s', '--diff-filter=A', 'main', '--', fileOf(number)])
      const subjects = added.split('\n').filter((subject) => subject !== '')
      found.set(id, {
        onBranch: await holds(path, 'main', number),
        commits: subjects.length,
        byAgent: subjects.includes(subjectOf(number)),
        inClone: taskId !== undefined && (await pathExists(join(taskFiles(home, taskId).repo, fileOf(number)))),
        atRef: await holds(path, `refs/tasks/${id}`, number),
      })
    }
  }
  return found
}

async function holds(repository: string, revision: string, number: number): Promise<boolean> {
  try {
    return `${await gitIn(repository, ['show', `${revision}:${fileOf(number)}`])}\n` === contentOf(number)
  } catch {
    return false // No such file there, or no such revision.
  }
}

/** The task of each line of a home's event log. */
export async function loggedTasks(home: string): Promise<readonly string[]> {
  const lines = (await readFile(join(home, 'events.jsonl'), 'utf8')).trim().split('\n')
  return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { readonly taskId: string }).taskId)
}

/** How many machines a server restored from a template of memory, by its log. */
export async function restoredMachines(log: string): Promise<number> {
  return (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes('"machine restored"')).length
}

/** The last helpers end a moment after their machine, on a busy host some seconds. */
const graceMs = 15_000

/** What is left of the machines of these tasks, hypervisors, helpers and run folders: one line each. */
export async function leftovers(ids: readonly string[]): Promise<readonly string[]> {
  const deadline = performance.now() + graceMs
  for (;;) {
    const left: string[] = []
    // Where no machine of anybody's runs, each task need not be looked for among all processes.
    const isQuiet = (await findDetached(`${await openRunRoot()}/`)).length === 0
    for (const id of ids) {
      const folder = join(await openRunRoot(), id)
      const processes = isQuiet ? [] : await findDetached(`${folder}/`)
      left.push(...processes.map(({ name, pid }) => `${name}, pid ${pid}, of task ${id}`))
      if (await pathExists(folder)) left.push(`the folder ${folder}`)
    }
    if (left.length === 0 || performance.now() > deadline) return left
    await sleep(1_000)
  }
}

/** Copies what the host keeps of a task beside its clone, records, console and the agent's stream, to `folder`. */
export async function keepTask(home: string, id: string, folder: string): Promise<void> {
  const taskId = parseTaskId(id)
  if (!taskId) return
  const files = taskFiles(home, taskId)
  await mkdir(join(folder, id), { recursive: true })
  const kept = [files.record, files.events, files.console, files.stream, files.result, files.mergeResult]
  for (const path of kept) await copyFile(path, join(folder, id, basename(path))).catch(() => undefined) // It had none.
}
