import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { parseJsonLines } from '../../lib/files/json-lines.ts'
import type { Log } from '../../lib/log.ts'
import { listRepositories } from '../../settings/repositories.ts'

const fileSchema = z.object({
  schemaVersion: z.literal(1),
  tasks: z.record(z.string(), z.object({ repoPath: z.string().startsWith('/'), reason: z.string() })),
})
const finishedSchema = z.object({ brief: z.object({ id: z.string(), repoPath: z.string().startsWith('/') }) })
const endSchema = z.object({ taskId: z.string(), repo: z.string() })
const unfinishedSchema = z.object({ tasks: z.record(z.string(), z.string().startsWith('/')) })

export type FormerTask = { readonly id: TaskId; readonly repoPath: string; readonly reason: string }

const pathIn = (home: string): string => join(home, 'former-tasks.json')

/**
 * `former-tasks.json`: tasks that an earlier version kept in a work tree and that are not in the home yet, each with why. Made once, from
 * what the home knew of its tasks then; a repository that is not mounted at one start is looked at again at the next.
 */
export class FormerTasks {
  readonly #path: string
  readonly #tasks: Map<TaskId, FormerTask>

  private constructor(path: string, tasks: readonly FormerTask[]) {
    this.#path = path
    this.#tasks = new Map(tasks.map((task) => [task.id, task]))
  }

  static async open(home: string, log: Log): Promise<FormerTasks> {
    const known = await readFormerTasks(home)
    if (known) return new FormerTasks(pathIn(home), known)
    const former = new FormerTasks(pathIn(home), await namedByHome(home, log))
    await former.#save()
    return former
  }

  list(): readonly FormerTask[] {
    return [...this.#tasks.values()]
  }

  reasonOf(id: TaskId): string | undefined {
    return this.#tasks.get(id)?.reason
  }

  async done(id: TaskId): Promise<void> {
    this.#tasks.delete(id)
    await this.#save()
  }

  async stays(id: TaskId, reason: string): Promise<void> {
    const known = this.#tasks.get(id)
    if (!known || known.reason === reason) return
    this.#tasks.set(id, { ...known, reason })
    await this.#save()
  }

  async #save(): Promise<void> {
    const tasks = Object.fromEntries(this.list().map(({ id, repoPath, reason }) => [id, { repoPath, reason }]))
    await writeJsonAtomically(this.#path, { schemaVersion: 1, tasks })
  }
}

/** Undefined where no start of this version has looked yet, or the file is damaged: then it is made again. */
export async function readFormerTasks(home: string): Promise<readonly FormerTask[] | undefined> {
  const text = await readFile(pathIn(home), 'utf8').catch(() => '')
  try {
    const { tasks } = fileSchema.parse(JSON.parse(text))
    return Object.entries(tasks).flatMap(([name, { repoPath, reason }]) => known(name, repoPath, reason))
  } catch {
    return undefined // Nothing that could be lost: it is made of the home's other files.
  }
}

/** What the indexes of an earlier version name: the log of ends by alias, the other two by path. */
async function namedByHome(home: string, log: Log): Promise<readonly FormerTask[]> {
  const repositories = await listRepositories(home).catch((error: unknown) => {
    log.warn('the list of repositories cannot be read', { reason: String(error) })
    return []
  })
  const paths = new Map(repositories.map(({ alias, path }) => [alias, path]))
  const ends = (await linesOf(join(home, 'events.jsonl'))).flatMap((line) => {
    const { data } = endSchema.safeParse(line)
    return data ? known(data.taskId, paths.get(data.repo)) : []
  })
  const finished = (await linesOf(join(home, 'finished.jsonl'))).flatMap((line) => {
    const { data } = finishedSchema.safeParse(line)
    return data ? known(data.brief.id, data.brief.repoPath) : []
  })
  const unfinished = Object.entries(await unfinishedOf(home)).flatMap(([name, path]) => known(name, path))
  return [...new Map([...ends, ...finished, ...unfinished].map((task) => [task.id, task])).values()]
}

function known(name: string, repoPath: string | undefined, reason = 'it was not moved yet'): readonly FormerTask[] {
  const id = parseTaskId(name)
  return id && repoPath !== undefined ? [{ id, repoPath, reason }] : []
}

const linesOf = async (path: string): Promise<readonly unknown[]> =>
  parseJsonLines(await readFile(path).catch(() => Buffer.alloc(0))).values

async function unfinishedOf(home: string): Promise<Readonly<Record<string, string>>> {
  try {
    return unfinishedSchema.parse(JSON.parse(await readFile(join(home, 'unfinished.json'), 'utf8'))).tasks
  } catch {
    return {} // Its owner sets a damaged one aside, and says so.
  }
}
