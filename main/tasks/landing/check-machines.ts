import type { CheckReport } from '../../core/merge/check-report.ts'
import { checkTimeoutMs } from '../../core/merge/merge-policy.ts'
import type { MachineHandle, SlotId, Task, TaskId } from '../../core/task/task.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import type { MachineSpec, Volume } from '../../machines/driver.ts'
import { withPrepared } from '../environments/prepared-disks.ts'
import { checkFolder, filesOf, filesOfCheck } from '../record/task-files.ts'
import { runCommitMachine } from '../run/commit-machine.ts'
import type { RunnerContext } from '../run/task-run.ts'
import { machineSpec } from '../slots/machine-spec.ts'
import { prepareSlotStorage } from '../slots/slot-storage.ts'
import type { CheckTerms } from './check-terms.ts'

export interface CheckRequest {
  readonly task: Task
  /** The commit of the user's repository that is checked. */
  readonly commit: string
  /** How long the command may take; left out, as long as `checkTimeoutMs` says. */
  readonly timeoutMs?: number | undefined
  readonly terms: CheckTerms
  readonly slot: SlotId
  /** Resolves when no other machine holds the disks of the slot. */
  readonly slotIsFree: (slot: SlotId) => Promise<void>
}

/** What a check came to, and the key of the image that its machine had booted. */
export interface RanCheck {
  readonly report: CheckReport
  readonly image: string
}

type CheckContext = Pick<RunnerContext, 'home' | 'driver' | 'limits' | 'clock' | 'environments'>

const machineName = (id: TaskId): string => `${id}-check`

/**
 * Machines in which nothing happens but the check of one commit: a clone of its own, no agent, no key. None outlives the orchestrator that
 * started it: what was not decided is checked again.
 */
export class CheckMachines {
  readonly #context: CheckContext
  /** By the task whose work is checked; null while it is being booted. */
  readonly #running = new Map<TaskId, MachineHandle | null>()

  constructor(context: CheckContext) {
    this.#context = context
  }

  /** Whether a check keeps the machine of this name. */
  has(name: string): boolean {
    return [...this.#running.keys()].some((id) => machineName(id) === name)
  }

  handleOf(id: TaskId): MachineHandle | undefined {
    return this.#running.get(id) ?? undefined
  }

  /**
   * Resolves with what the check came to; it is given one machine a task at a time.
   * @throws AppError when it could not be run, and the signal's reason when that fires; the machine has ended then.
   */
  async run(request: CheckRequest, signal: AbortSignal): Promise<RanCheck> {
    const { task } = request
    this.#running.set(task.id, null)
    const folder = checkFolder(filesOf(task))
    try {
      await removeTree(folder) // What a crash left.
      return await this.#run(request, signal)
    } finally {
      await removeTree(folder).catch(() => undefined) // The next check tries again.
      this.#running.delete(task.id)
    }
  }

  async #run(
    { task, commit, timeoutMs = checkTimeoutMs, terms, slot, slotIsFree }: CheckRequest,
    signal: AbortSignal,
  ): Promise<RanCheck> {
    const { home, limits, environments } = this.#context
    const { id, repoPath, environment } = task
    const files = filesOfCheck(task)
    const { provisions, share } = terms
    const size = { ...limits, ...terms.size }
    using prepared = await environments?.borrow(repoPath)
    const specOf = (volumes: readonly Volume[]): MachineSpec => ({
      ...machineSpec(id, { home, limits: size, files, slot, provisions, volumes: withPrepared(volumes, prepared) }),
      name: machineName(id),
    })
    const { report, image = terms.image } = await runCommitMachine(
      this.#context,
      {
        ...{ id, repoPath, commit, needsFlake: environment === undefined, files, share, timeoutMs },
        secret: provisions.key.value,
        volumes: () => prepareSlotStorage(home, slot),
        spec: specOf,
        ready: () => slotIsFree(slot),
        onStarted: (handle) => this.#running.set(id, handle),
      },
      signal,
    )
    return { report, image }
  }
}
