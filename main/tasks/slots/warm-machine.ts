import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { MachineHandle, SlotId, Task, TaskId } from '../../core/task/task.ts'
import { newTask } from '../../core/task/transition.ts'
import type { ClonedWorkspace } from '../../git/clone/clone-workspace.ts'
import { pathExists } from '../../lib/files/look.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { placeGuestFile } from '../../lib/guest/guest-file.ts'
import type { Log } from '../../lib/log.ts'
import { ageMs } from '../../lib/processes/process-identity.ts'
import type { Machine, MachineDriver, MachineSpec } from '../../machines/driver.ts'
import { requireOwnFolders } from '../admission/require-own-folders.ts'
import { type EnvironmentLender, withPrepared } from '../environments/prepared-disks.ts'
import { shareNames, type TaskFiles, taskFiles } from '../record/task-files.ts'
import { LoadedAgent } from './loaded-agent.ts'
import { machineSpec } from './machine-spec.ts'
import type { Provisions } from './provisions.ts'
import { prepareSlotStorage } from './slot-storage.ts'

export interface WarmMachineParts {
  readonly home: string
  readonly limits: { readonly cpus: number; readonly memoryMiB: number }
  readonly driver: MachineDriver
  readonly environments?: EnvironmentLender
  readonly log: Log
}

/** The task that it waits for: its id is not given out yet. */
export interface WarmSlot {
  readonly id: TaskId
  readonly repoPath: string
  readonly slot: SlotId
  /** The folder of the task's large parts, where they are not in the home. */
  readonly workFolder?: string | undefined
  /** Resolves when no other machine holds the disks of the slot. */
  readonly free: Promise<void>
}

/** A machine with its task, and how long it had waited for it. */
export interface HandedOver {
  readonly machine: Machine
  readonly waitedMs: number
}

/** An idle guest powers off within a second; nothing in it is worth a longer wait. */
const powerOffMs = 5_000

/** A machine that was booted ahead: in the folder of a task that does not exist yet, on the disks of the slot that it will have. */
export class WarmMachine {
  readonly id: TaskId
  readonly repoPath: string
  readonly slot: SlotId
  readonly workFolder: string | undefined
  readonly #parts: WarmMachineParts
  readonly #files: TaskFiles
  readonly #stop = new AbortController()
  readonly #booted: Promise<{ readonly machine: Machine; readonly spec: MachineSpec }>
  readonly #agent: LoadedAgent
  #loading: Promise<void> = Promise.resolve()
  #handle: MachineHandle | null = null
  #handedOver = false
  #ended: Promise<void> | undefined

  /** Begins to boot it; `onGone` is called when it ends before it was handed over, by itself or through `end`. */
  constructor(warmSlot: WarmSlot, provisions: Provisions, parts: WarmMachineParts, onGone: () => void) {
    this.id = warmSlot.id
    this.repoPath = warmSlot.repoPath
    this.slot = warmSlot.slot
    this.workFolder = warmSlot.workFolder
    this.#parts = parts
    this.#files = taskFiles(parts.home, warmSlot.id, warmSlot.workFolder)
    this.#agent = new LoadedAgent(this.#files, parts.driver)
    this.#booted = warmSlot.free.then(() => this.#boot(provisions))
    this.#watch(onGone)
  }

  /** Null while it has none. */
  get handle(): MachineHandle | null {
    return this.#handle
  }

  /** It has ended, or is about to. */
  get isLeaving(): boolean {
    return this.#ended !== undefined
  }

  get isHandedOver(): boolean {
    return this.#handedOver
  }

  /**
   * Has the guest load the agent of a task like this one, as far as can be said before one has come, or has it forget one that would find something else
   * by now. Never rejects: a machine for which that goes wrong is ended.
   */
  load(like: Task, provisions: Provisions): Promise<void> {
    this.#loading = this.#loading.then(async () => {
      try {
        const { machine } = await this.#booted
        const task = taskLike(like, this)
        const parts = { task, provisions, spec: this.#specOf(provisions) }
        await this.#agent.load(machine, parts, this.#stop.signal)
      } catch (error) {
        if (!this.#stop.signal.aborted)
          this.#parts.log.info('an agent could not be loaded ahead', { machine: this.id, reason: String(error) })
        void this.end()
      }
    })
    return this.#loading
  }

  /** Whether its guest has ever run anything of the repository: what such a one leaves in the clone is no one else's. */
  get wasLoaded(): boolean {
    return this.#agent.wasLoaded
  }

  /**
   * The clone of its task: the one that its agent was loaded in, where the task is given the same in all things, and otherwise one that `make` makes in the
   * folder that it is given. @throws what `make` does.
   */
  async cloneFor(
    task: Task,
    provisions: Provisions,
    make: (folder: string) => Promise<ClonedWorkspace>,
    signal: AbortSignal,
  ): Promise<ClonedWorkspace> {
    await this.#loading
    if (!this.wasLoaded) return await make(this.#files.repo)
    const parts = { task, provisions, spec: this.#specOf(provisions) }
    // What is wrong with the repository, its clone will say.
    const ready = await this.#agent.cloneOf(parts, signal).catch(() => undefined)
    if (ready && !this.#ended) return ready
    const either = AbortSignal.any([this.#stop.signal, signal])
    if (await this.#orEnd((machine) => this.#agent.unload(machine, either))) {
      const clone = await make(this.#agent.cloneFolder)
      if (await this.#orEnd(() => this.#agent.putClone(either))) return clone
    }
    await this.discardClone()
    return await make(this.#files.repo)
  }

  /** Ends it, and removes a clone in which its guest may have done something. */
  async discardClone(): Promise<void> {
    await this.end()
    await this.#agent.discardClone()
  }

  /**
   * Has the guest begin with the task whose clone and share are complete. Undefined when it cannot be had: it has ended, or was made
   * otherwise than the task's machine must be; then it is gone, with the name and the disks free again.
   */
  async handOver(wanted: MachineSpec, signal: AbortSignal): Promise<HandedOver | undefined> {
    try {
      const { machine, spec } = await this.#booted
      signal.throwIfAborted()
      if (!isDeepStrictEqual({ ...spec, volumes: [] }, { ...wanted, volumes: [] }))
        throw new Error('the settings of its task are others')
      if (this.#ended) throw new Error('it has ended')
      const waitedMs = (await ageMs(machine.handle)) ?? 0
      await placeGuestFile(this.#files.share, shareNames.go, '')
      if (await pathExists(join(this.#files.share, shareNames.waiting))) await machine.setClock(signal)
      this.#handedOver = true
      this.#agent.handOver()
      return { machine, waitedMs }
    } catch (error) {
      await this.end()
      signal.throwIfAborted()
      this.#notUsed(error)
      return undefined
    }
  }

  /** Ends it and removes its folder; not once it was handed over. Never rejects, and can be called again. */
  end(): Promise<void> {
    if (this.#handedOver) return Promise.resolve()
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #boot(provisions: Provisions): Promise<{ readonly machine: Machine; readonly spec: MachineSpec }> {
    const { home, driver, environments } = this.#parts
    const { share, repo } = this.#files
    for (const folder of [share, repo]) await mkdir(folder, { recursive: true, mode: 0o700 })
    await requireOwnFolders(this.#files)
    await placeGuestFile(share, shareNames.standby, '')
    const volumes = await prepareSlotStorage(home, this.slot)
    await driver.prepareOwnership([share, repo, ...volumes.map(({ path }) => path)], this.#stop.signal)
    using prepared = await environments?.borrow(this.repoPath)
    const spec = this.#specOf(provisions, withPrepared(volumes, prepared))
    const machine = await driver.start(spec, this.#stop.signal)
    this.#handle = machine.handle
    return { machine, spec }
  }

  #specOf(provisions: Provisions, volumes: MachineSpec['volumes'] = []): MachineSpec {
    const { home, limits } = this.#parts
    return machineSpec(this.id, { home, limits, files: this.#files, slot: this.slot, volumes, provisions })
  }

  /** Whether that was done; where it was not, the machine has ended. */
  async #orEnd(act: (machine: Machine) => Promise<void>): Promise<boolean> {
    try {
      const { machine } = await this.#booted
      if (this.#ended) return false
      await act(machine)
      return true
    } catch (error) {
      this.#notUsed(error)
      await this.end()
      return false
    }
  }

  #notUsed(error: unknown): void {
    this.#parts.log.info('a machine that was booted ahead is not used', { machine: this.id, reason: String(error) })
  }

  #watch(onGone: () => void): void {
    const { log } = this.#parts
    const over = this.#booted.then(
      async ({ machine }) => void log.debug('a machine waits for a task no more', { exit: await machine.exited }),
      (error: unknown) => {
        if (!this.#stop.signal.aborted)
          log.warn('a machine could not be booted ahead', { machine: this.id, reason: String(error) })
      },
    )
    void over.then(async () => {
      if (this.#handedOver) return
      await this.end()
      onGone()
    })
  }

  async #end(): Promise<void> {
    this.#stop.abort(new Error('The machine is not needed'))
    const booted = await this.#booted.catch(() => undefined)
    await this.#loading
    await booted?.machine.powerOff(AbortSignal.timeout(powerOffMs))
    await removeWarmFolder(this.#files, this.#parts.log)
  }
}

/** As a task like that one would begin in this machine. */
const taskLike = (
  { description, repo, createdAt, caps, agent, mergePolicy, environment, holdMs, home }: Task,
  { id, repoPath, workFolder }: WarmMachine,
): Task =>
  newTask(
    {
      ...{ id, description, repo, repoPath, owner: null, createdAt },
      ...(caps && { caps }),
      ...(agent && { agent }),
      ...(mergePolicy && { mergePolicy }),
      ...(environment && { environment }),
      ...(holdMs !== undefined && { holdMs }),
      ...(workFolder !== undefined && { workFolder }),
    },
    home,
  )

/**
 * Removes the folder of a machine or a fork that never became a task. One that holds a record is left alone, and so is one with anything in its clone that was
 * not made for a task to come. Never rejects.
 */
export async function removeWarmFolder(
  { folder, workFolder, events, record, repo, ahead }: TaskFiles,
  log: Log,
): Promise<void> {
  try {
    if ((await holdsAnything(events)) || (await pathExists(record))) return
    if ((await namesIn(repo)).length > 0 && !(await pathExists(ahead))) return
    if (workFolder !== folder) await removeTree(workFolder)
    await removeTree(folder)
  } catch (error) {
    log.warn('the folder of a machine that was booted ahead stays', { folder, reason: String(error) })
  }
}

/** A record is begun with an empty file. */
async function holdsAnything(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
