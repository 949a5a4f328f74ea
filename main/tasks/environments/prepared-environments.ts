import { messageOf } from '../../core/failure.ts'
import type { MachineHandle, Task, TaskId } from '../../core/task/task.ts'
import { gitText } from '../../git/process/git.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import type { Log } from '../../lib/log.ts'
import { requireSpace } from '../admission/disk-space.ts'
import type { GuestMemory } from '../admission/guest-memory.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { environmentFilesOf } from '../run/write-share.ts'
import { environmentKey, nixFilesOf } from './environment-key.ts'
import { type PreparationContext, prepareEnvironment, preparingName } from './prepare-environment.ts'
import { type BorrowedDisk, PreparedDisks } from './prepared-disks.ts'

export interface PreparedEnvironmentsOptions {
  readonly context: PreparationContext & {
    readonly log: Log
    /** Read at each use: the setting may change. Default false. */
    readonly prepareEnvironments?: boolean
  }
  readonly catalog: Pick<TaskCatalog, 'newId'>
  readonly repositories: { list(): Promise<readonly { readonly path: string }[]> }
  readonly memory: Pick<GuestMemory, 'hasRoomAhead'>
}

/** A machine that prepares; its handle is null while it is being booted. */
interface Preparing {
  readonly id: TaskId
  readonly stop: AbortController
  handle: MachineHandle | null
  /** Resolves when nothing of it is left. */
  readonly over: PromiseWithResolvers<void>
}

/**
 * Has the environment of each repository built once for all slots, in a machine of its own, after a task of it has begun to work. Such a machine
 * gives way to tasks, and what goes wrong with it costs none.
 */
export class PreparedEnvironments implements AsyncDisposable {
  readonly #options: PreparedEnvironmentsOptions
  readonly #disks: PreparedDisks
  /** By repository, a task of it that shows what its tasks work in, until there was room to prepare that. */
  readonly #wanted = new Map<string, Task>()
  /** By repository, the last task that was looked at. */
  readonly #seen = new Map<string, TaskId>()
  #preparing: Preparing | undefined
  #working: Promise<void> = Promise.resolve()
  /** Whether a further look comes after the one under way. */
  #looksAgain = false
  #isClosed = false

  constructor(options: PreparedEnvironmentsOptions) {
    this.#options = options
    this.#disks = new PreparedDisks(options.context.home)
  }

  /** Whether a machine of this name prepares. */
  has(name: string): boolean {
    return this.#preparing !== undefined && preparingName(this.#preparing.id) === name
  }

  /** The handle of the machine that prepares, null while it is being booted. */
  get handles(): readonly (MachineHandle | null)[] {
    return this.#preparing ? [this.#preparing.handle] : []
  }

  /** The disk with the environment of the repository, for a machine that is about to be started; undefined where there is none. */
  async borrow(repoPath: string): Promise<BorrowedDisk | undefined> {
    return this.#isOn ? await this.#disks.borrow(repoPath) : undefined
  }

  /** A task has begun to work, or has ended: its environment is known to be one, and there may be room now to prepare it. */
  used(task: Task): void {
    const { id, repoPath, place, state } = task
    if (!this.#isOn || place || !hasShell(task)) return
    const isNew = hasWorked(task) && this.#seen.get(repoPath) !== id
    if (isNew) {
      this.#seen.set(repoPath, id)
      this.#wanted.set(repoPath, task)
    }
    if (isNew || state.phase === 'finished') this.#look()
  }

  /** Ends the machine that prepares, so that a task can begin. Resolves with false where there is none. */
  async giveWay(): Promise<boolean> {
    if (!this.#preparing) return false
    const { stop, over } = this.#preparing
    stop.abort(new Error('A task needs the memory'))
    await over.promise
    return true
  }

  /** At the start: deletes what no repository needs any more. */
  start(): void {
    this.#working = this.#working.then(() => this.#sweep())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#preparing?.stop.abort(new Error('The orchestrator ends'))
    await this.#working
  }

  /** Never rejects. */
  async #sweep(): Promise<void> {
    const { repositories, context } = this.#options
    try {
      await this.#disks.sweep(this.#isOn ? (await repositories.list()).map(({ path }) => path) : [])
    } catch (error) {
      context.log.warn('what is left of prepared environments stays', { reason: messageOf(error) })
    }
  }

  get #isOn(): boolean {
    const { prepareEnvironments = false, driver } = this.#options.context
    return prepareEnvironments && driver.canLayEnvironment
  }

  #look(): void {
    if (this.#wanted.size === 0 || this.#looksAgain) return
    this.#looksAgain = true
    this.#working = this.#working.then(() => this.#prepareWanted())
  }

  /** Never rejects. Where there is no room for one all that are left stay wanted. */
  async #prepareWanted(): Promise<void> {
    this.#looksAgain = false
    const { log } = this.#options.context
    for (const [repoPath, task] of [...this.#wanted]) {
      if (this.#isClosed) return
      try {
        if (!(await this.#prepare(task))) return
        if (this.#wanted.get(repoPath) === task) this.#wanted.delete(repoPath)
      } catch (error) {
        this.#wanted.delete(repoPath)
        log.info('no environment is prepared', { repository: repoPath, reason: messageOf(error) })
      }
    }
  }

  /** Resolves with false where it has to wait for room. */
  async #prepare(task: Task): Promise<boolean> {
    const { context, catalog, memory } = this.#options
    const { log, limits, home } = context
    const { repoPath, environment } = task
    const stop = new AbortController()
    const commit = await gitText(
      ['rev-parse', '--verify', 'HEAD^{commit}'],
      { cwd: repoPath, trust: 'user' },
      stop.signal,
    )
    const given = await environmentFilesOf(task)
    const own = environment === undefined ? await nixFilesOf(repoPath, commit, stop.signal) : []
    const key = environmentKey({ image: await context.driver.imageKey(), given, own })
    if (await this.#disks.isSettled(repoPath, key)) return true
    await this.#sweep() // The disk of a repository that is gone makes room for this one.
    await requireSpace([home], limits.minFreeGiB ?? 0)
    if (!(await memory.hasRoomAhead([])) || this.#isClosed) return false
    const preparing: Preparing = { id: catalog.newId(), stop, handle: null, over: Promise.withResolvers() }
    this.#preparing = preparing
    const folder = this.#disks.workFolder(repoPath)
    try {
      await this.#disks.makeWorkFolder(repoPath)
      const onStarted = (handle: MachineHandle): void => {
        preparing.handle = handle
      }
      const disk = await prepareEnvironment(context, { task, commit, id: preparing.id, folder, onStarted }, stop.signal)
      await this.#disks.keep(repoPath, key, disk)
      log.info('an environment is prepared for all slots', { repository: repoPath, key })
      return true
    } catch (error) {
      if (stop.signal.aborted) return false
      await this.#disks.fail(repoPath, key, messageOf(error))
      log.warn('an environment cannot be prepared: each slot builds its own', {
        ...{ repository: repoPath, key, reason: messageOf(error) },
      })
      return true
    } finally {
      this.#preparing = undefined
      await removeTree(folder).catch(() => undefined) // `sweep` tries again.
      preparing.over.resolve()
    }
  }
}

/** Whether its environment is known to be one. */
const hasWorked = ({ state }: Task): boolean =>
  state.phase === 'working' || (state.phase === 'finished' && !['failed', 'cancelled'].includes(state.outcome.kind))

/** Whether it works in the shell of a flake. */
const hasShell = ({ environment }: Task): boolean =>
  environment === undefined || environment.kind === 'tools' || environment.kind === 'folder'
