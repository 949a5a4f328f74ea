import type { KeyObject } from 'node:crypto'
import { messageOf } from '../../core/failure.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { readNote, writeNote } from '../../git/notes/statement-notes.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { inTurn } from '../../lib/in-turn.ts'
import type { Log } from '../../lib/log.ts'
import { WorkUnderWay } from '../../lib/work-under-way.ts'
import { ensureSigningKey } from '../../settings/signing-key.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { orWhenDied } from '../../tasks/finish/collect.ts'
import { readNetworkLog } from '../../tasks/record/network-log.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import { rangeOf } from '../../tasks/review/task-range.ts'
import { findUnusualPaths, readCommands } from '../../tasks/run/ask-worker.ts'
import { openEnvelope, signEnvelope } from './envelope.ts'
import { readStatement } from './read-statement.ts'
import { statementOf } from './statement.ts'
import { statementPath } from './statement-path.ts'

export interface StatementWriterOptions {
  readonly home: string
  readonly tasks: Pick<Tasks, 'find' | 'get' | 'repositories' | 'watch' | 'quiet'>
  readonly version: string
  readonly log: Log
  /** How long the end of the server waits for what is being written. Default: ten seconds. */
  readonly patienceMs?: number
}

/** `where it lacks`: only where none of the commit is written yet. */
type When = 'always' | 'where it lacks'

/** What ended before a crash and has no statement yet is given one by a start within this time. */
const caughtUpMs = 2 * 24 * 60 * 60_000
const writeTimeoutMs = 15 * 60_000
const networkBytes = 20 * 1024 ** 2

/**
 * Says of each commit that a task brought onto a branch where it is from, signed by this home: in `statement.json` of the task and as a note of git on the
 * commit. One after the other in a repository, so that one whose git does not answer holds up no other; a statement that cannot be written is named in the log, and keeps no task
 * from anything.
 */
export class StatementWriter implements AsyncDisposable {
  readonly #options: StatementWriterOptions
  readonly #key: KeyObject
  readonly #unwatch: () => void
  readonly #seen = new Map<TaskId, string>()
  readonly #end = new AbortController()
  /** What is being written, or waits for its turn. */
  readonly #open = new WorkUnderWay()

  private constructor(options: StatementWriterOptions, key: KeyObject) {
    this.#options = options
    this.#key = key
    this.#unwatch = options.tasks.watch((_id, task) => task && this.#offer(task))
  }

  /** @throws AppError('token-unsafe' | 'home-unusable' | 'disk-full') for a key that cannot be used. */
  static async start(options: StatementWriterOptions): Promise<StatementWriter> {
    const writer = new StatementWriter(options, await ensureSigningKey(options.home))
    const since = new Date(Date.now() - caughtUpMs).toISOString()
    for (const task of await options.tasks.find({ kind: 'ended', since })) writer.#offer(task, 'where it lacks')
    return writer
  }

  /** What is to be said is said first, where that does not take long; the next start makes up for the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch()
    const limit = setTimeout(() => this.#end.abort(new Error('The server ends')), this.#options.patienceMs ?? 10_000)
    await this.#open.over()
    clearTimeout(limit)
  }

  #offer(task: TaskBrief, when: When = 'always'): void {
    if (!isMerged(task)) return
    const { id, repoPath, merge, finishedAt } = task
    // A task is merged again when more of it is accepted; every other change of it says nothing new.
    const version = `${finishedAt} ${merge?.kept ?? 0}`
    if (this.#seen.get(id) === version) return
    this.#seen.set(id, version)
    this.#open.follow(inTurn(`statements of ${this.#options.home} in ${repoPath}`, () => this.#write(id, when)))
  }

  /** Never rejects. */
  async #write(id: TaskId, when: When): Promise<void> {
    const { tasks, version, log } = this.#options
    const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(writeTimeoutMs)])
    try {
      await tasks.quiet()
      signal.throwIfAborted()
      const task = await tasks.get(id)
      // One of an earlier commit of the task counts for nothing. What was put in its place is left for a person to see.
      if (when === 'where it lacks' && (await readStatement(task)).kind !== 'none') return
      const repository = (await tasks.repositories()).find(({ path }) => path === task.repoPath) ?? null
      const network = await readNetworkLog(filesOf(task).network, networkBytes)
      const told = await readCommands({ stream: filesOf(task).stream }, id, signal).catch(orWhenDied(() => null))
      const range = rangeOf(task)
      const unusual = range && (await findUnusualPaths(range, id, signal).catch(() => null))
      const statement = statementOf({ task, repository, network, told, unusual, version })
      if (statement === null) return
      const envelope = signEnvelope(JSON.stringify(statement), this.#key)
      await this.#note(task, JSON.stringify(envelope), signal)
      await writeJsonAtomically(statementPath(task), envelope) // Last: a start makes up for the whole where it is not there.
    } catch (error) {
      log.warn('a statement could not be written', { taskId: id, reason: messageOf(error) })
    }
  }

  /** One line for each task that brought the commit: one that resolved conflicts brings two tasks' work at once. */
  async #note({ id, repoPath, merge }: Task, line: string, signal: AbortSignal): Promise<void> {
    if (merge?.kind !== 'merged') return
    await this.#options.tasks.quiet()
    const before = ((await readNote(repoPath, merge.to, signal)) ?? '')
      .split('\n')
      .filter((each) => each !== '' && !this.#isOf(each, id))
    await this.#options.tasks.quiet()
    await writeNote(repoPath, merge.to, `${[...before, line].join('\n')}\n`, signal)
  }

  #isOf(line: string, id: TaskId): boolean {
    return openEnvelope(line, [this.#key])?.payload.includes(`"invocationId":"${id}"`) ?? false
  }
}

const isMerged = ({ state, merge }: TaskBrief): boolean => state.phase === 'finished' && merge?.kind === 'merged'
