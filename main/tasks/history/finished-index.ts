import { renameSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { NewestTasks, RepositoryTotals, WantedTasks } from '../../core/task/wanted-tasks.ts'
import { type Log, silentLog } from '../../lib/log.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { briefSchema } from '../record/task-event-schema.ts'
import { inMemory, isDamage, OtherVersion, openIndexDatabase, removeIndexFiles } from './index-database.ts'
import { columnsOf, type IndexedTask, idOf, numberOf, type Stamp } from './index-row.ts'
import { type Condition, conditionOf, conditionOfNewest, numbers } from './wanted-sql.ts'

export const finishedIndexPath = (home: string): string => join(home, 'finished.db')

export interface StampedId extends Stamp {
  readonly id: TaskId
}

/**
 * `finished.db` of the home: what lists show of finished tasks, what they are found by, and the trigrams of their texts. It saves time and knows nothing: who asks compares an
 * entry with its record, a file that is missing is made again, a damaged one is set aside, and one that cannot be written is done without. Calls answer at once, from a few
 * pages of the file.
 */
export class FinishedIndex implements Disposable {
  readonly #home: string
  readonly #log: Log
  readonly #onLost: () => void
  #database: DatabaseSync
  #statements = new Map<string, StatementSync>()
  #totals: ReadonlyMap<string, RepositoryTotals> | undefined
  readonly #counts = new Map<string, number>()
  #changes = 0

  private constructor(home: string, log: Log, onLost: () => void, database: DatabaseSync) {
    this.#home = home
    this.#log = log
    this.#onLost = onLost
    this.#database = database
  }

  /**
   * @throws AppError('host-incomplete') where SQLite has no full-text search, and nothing else.
   * @param onLost called when what it held turns out to be damaged while it is in use; it is empty then.
   */
  static open(home: string, log: Log, onLost: () => void = () => undefined): FinishedIndex {
    return new FinishedIndex(home, log, onLost, openOrRenew(finishedIndexPath(home), log))
  }

  /** What there is of it, for a process that changes nothing; empty where there is none to be had. Never throws. */
  static read(home: string): FinishedIndex {
    const open = (): DatabaseSync => {
      try {
        return openIndexDatabase(finishedIndexPath(home), { readOnly: true })
      } catch {
        return openIndexDatabase(inMemory)
      }
    }
    return new FinishedIndex(home, silentLog, () => undefined, open())
  }

  /** Adds a task, or replaces what is known of it. @throws where it cannot be written. */
  put(tasks: readonly IndexedTask[]): void {
    if (tasks.length === 0) return
    this.#change(() => {
      for (const task of tasks) {
        const { home: _home, ...brief } = task.brief // Which home the entry is in goes without saying.
        const columns = columnsOf(task)
        this.#remove(columns.id)
        const names = Object.keys(columns)
        const marks = names.map((name) => `$${name}`).join(', ')
        this.#prepare(`INSERT INTO tasks (${names.join(', ')}) VALUES (${marks})`).run(dollars(columns))
        this.#prepare('INSERT INTO briefs (id, brief) VALUES (?, ?)').run(columns.id, JSON.stringify(brief))
        this.#prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)').run(columns.id, `${task.text}${textEnd}`)
        for (const after of new Set(brief.after))
          this.#prepare('INSERT INTO follows (id, after) VALUES (?, ?)').run(columns.id, numberOf(after))
      }
    })
  }

  /** @throws where it cannot be written. */
  remove(ids: readonly TaskId[]): void {
    if (ids.length === 0) return
    this.#change(() => {
      for (const id of ids) this.#remove(numberOf(id))
    })
  }

  /** Another number after each change of what it holds. */
  get changes(): number {
    return this.#changes
  }

  has(id: TaskId): boolean {
    return this.#read(() => this.#prepare('SELECT 1 FROM tasks WHERE id = ?').get(numberOf(id)) !== undefined)
  }

  /** The numbers of all tasks that it holds, from the lowest on, see `numberOf`. */
  numbers(): Uint32Array {
    // As one text: a hundred thousand rows by themselves take ten times as long.
    const sql = 'SELECT json_group_array(id) AS ids FROM (SELECT id FROM tasks ORDER BY id)'
    const row = this.#read(() => this.#prepare(sql).get())
    return Uint32Array.from(JSON.parse(String(row?.ids ?? '[]')) as number[])
  }

  /** So many entries at most after the one that is named, by their ids; with no name, the first ones. */
  stampsAfter(id: TaskId | null, limit: number): readonly StampedId[] {
    return this.#read(() =>
      this.#prepare('SELECT id, size, mtime FROM tasks WHERE id > ? ORDER BY id LIMIT ?')
        .all(id === null ? -1 : numberOf(id), limit)
        .map(stampOf),
    )
  }

  /** Those that are wanted and not among `except`, oldest first. */
  find(
    wanted: WantedTasks,
    except: Iterable<TaskId> = [],
    groups: ReadonlySet<string> = new Set(),
  ): readonly (StampedId & { readonly brief: TaskBrief })[] {
    // The sign keeps SQLite from walking through all tasks in this order, and looking for the few among them.
    return this.select(conditionOf(wanted, groups), except, 'ORDER BY +created')
  }

  /** The newest of those that are as it says and not among `except`, the oldest of them first, and how many there are in all. */
  newest(
    wish: NewestTasks,
    except: Iterable<TaskId> = [],
  ): { readonly tasks: readonly TaskBrief[]; readonly total: number } {
    const condition = conditionOfNewest(wish)
    const total = this.#count(condition, except)
    const limited = {
      ...condition,
      bound: { ...condition.bound, $limit: Math.min(wish.limit, Number.MAX_SAFE_INTEGER) },
    }
    const found = this.select(limited, except, 'ORDER BY created DESC LIMIT $limit')
    return { tasks: found.map(({ brief }) => brief).toReversed(), total }
  }

  /** Every task that it holds, oldest first. */
  all(except: Iterable<TaskId> = []): readonly (StampedId & { readonly brief: TaskBrief })[] {
    return this.select({ where: 'TRUE', bound: {} }, except, 'ORDER BY created')
  }

  /** What the tasks that it holds come to, by the paths of their repositories. */
  totals(): ReadonlyMap<string, RepositoryTotals> {
    this.#totals ??= this.#read(() => {
      const rows = this.#prepare(
        'SELECT repo_path, count(*) AS tasks, sum(cost) AS cost FROM tasks GROUP BY repo_path',
      ).all()
      const last = this.#prepare('SELECT id FROM tasks WHERE repo_path = ? ORDER BY created DESC LIMIT 1')
      return new Map(
        rows.map(({ repo_path, tasks, cost }) => [
          repo_path as string,
          {
            tasks: tasks as number,
            costUsd: cost as number,
            lastTask: idOf(last.get(repo_path as string)?.id as number),
          },
        ]),
      )
    })
    return this.#totals
  }

  /** The attempts of which one waits for its user. */
  groupsThatWait(): ReadonlySet<string> {
    return this.#read(() => {
      const rows = this.#prepare('SELECT DISTINCT attempts FROM tasks WHERE waits = 1 AND attempts IS NOT NULL').all()
      return new Set(rows.map(({ attempts }) => attempts as string))
    })
  }

  /** Those that fulfil a condition. An entry of another version of the program is none. */
  select(
    condition: Condition,
    except: Iterable<TaskId>,
    order: string,
  ): readonly (StampedId & { readonly brief: TaskBrief })[] {
    const sql = `SELECT id, size, mtime, brief FROM tasks JOIN briefs USING (id) WHERE (${condition.where}) AND ${notExcepted} ${order}`
    const rows = this.#read(() => this.#prepare(sql).all(boundOf(condition, except)))
    return rows.flatMap((row) => {
      const { data } = briefSchema.safeParse(parsedJson(row.brief as string))
      return data ? [{ ...stampOf(row), brief: { ...data, home: this.#home } }] : []
    })
  }

  /** Has `found` hold the ids that a query selects, for the queries that come next. Resolves with how many there are. */
  keepFound(select: string, bound: Condition['bound']): number {
    return this.#read(() => {
      this.#prepare('DELETE FROM found').run()
      return Number(this.#prepare(`INSERT INTO found (id) ${select}`).run(bound).changes)
    })
  }

  /** Runs a query over `tasks`, `texts` and `trigrams`, as it is written. @param functions that it may call, each with one value. */
  query(
    sql: string,
    bound: Condition['bound'],
    functions: Readonly<Record<string, (value: unknown) => string>> = {},
  ): readonly Readonly<Record<string, unknown>>[] {
    return this.#read(() => {
      for (const [name, act] of Object.entries(functions)) this.#database.function(name, act)
      return this.#prepare(sql).all(bound)
    })
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  /** Remembers the answer until something changes: a list is asked for again and again, and to count reads all that match. */
  #count({ where, bound }: Condition, except: Iterable<TaskId>): number {
    const all = boundOf({ where, bound }, except)
    const key = `${where} ${JSON.stringify(all)}`
    const known = this.#counts.get(key)
    if (known !== undefined) return known
    const sql = `SELECT count(*) AS count FROM tasks WHERE (${where}) AND ${notExcepted}`
    const count = Number(this.#read(() => this.#prepare(sql).get(all))?.count ?? 0)
    if (this.#counts.size >= mostCounts) this.#counts.clear()
    this.#counts.set(key, count)
    return count
  }

  #remove(id: number): void {
    for (const table of ['tasks', 'briefs', 'follows']) this.#prepare(`DELETE FROM ${table} WHERE id = ?`).run(id)
    this.#prepare('DELETE FROM texts WHERE rowid = ?').run(id)
  }

  #change(act: () => void): void {
    this.#changed()
    this.#read(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        act()
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Does the same once more with an empty index when this one is damaged. */
  #read<Result>(act: () => Result): Result {
    try {
      return act()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#close()
      setAside(finishedIndexPath(this.#home), this.#log)
      this.#database = openOrRenew(finishedIndexPath(this.#home), this.#log)
      this.#changed()
      this.#onLost()
      return act()
    }
  }

  #changed(): void {
    this.#totals = undefined
    this.#counts.clear()
    this.#changes += 1
  }

  #close(): void {
    this.#statements = new Map()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** Of answers that are remembered. */
const mostCounts = 100

/** Behind each text, so that each of its characters begins a trigram. */
const textEnd = '\n\n'

const notExcepted = 'id NOT IN (SELECT value FROM json_each($except))'

const boundOf = ({ bound }: Condition, except: Iterable<TaskId>) => ({ ...bound, $except: numbers(except) })

const dollars = (columns: Readonly<Record<string, SQLInputValue>>) =>
  Object.fromEntries(Object.entries(columns).map(([name, value]) => [`$${name}`, value]))

const stampOf = (row: Readonly<Record<string, unknown>>): StampedId => ({
  id: idOf(row.id as number),
  size: row.size as number,
  mtimeMs: row.mtime as number,
})

/** Where there is no file to be had, the index is in memory and lasts as long as the process. */
function openOrRenew(path: string, log: Log): DatabaseSync {
  try {
    return openIndexDatabase(path)
  } catch (error) {
    try {
      if (error instanceof OtherVersion) removeIndexFiles(path)
      else if (isDamage(error)) setAside(path, log)
      else throw error
      return openIndexDatabase(path)
    } catch (reason) {
      log.warn('the index of finished tasks cannot be kept in its file', { path, reason: String(reason) })
      return openIndexDatabase(inMemory)
    }
  }
}

/** Never throws. */
function setAside(path: string, log: Log): void {
  log.warn('the index of finished tasks is damaged; it was set aside and is made again', { path })
  try {
    renameSync(path, `${path}.damaged`)
    removeIndexFiles(path)
  } catch {
    return // Opening it again says why.
  }
}
