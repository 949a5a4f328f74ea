import { mkdir } from 'node:fs/promises'
import { AppError, errorOf } from '../../core/failure.ts'
import type { CheckReport } from '../../core/merge/check-report.ts'
import { checkTimeoutMs } from '../../core/merge/merge-policy.ts'
import type { MachineHandle, SlotId, Task, TaskId } from '../../core/task/task.ts'
import { cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { requireOwnFolders } from '../admission/require-own-folders.ts'
import { checkFolder, filesOf, filesOfCheck } from '../record/task-files.ts'
import { readResult } from '../run/ask-worker.ts'
import { supervise } from '../run/supervise.ts'
import type { RunnerContext } from '../run/task-run.ts'
import { writeCheckShare } from '../run/write-share.ts'
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

type CheckContext = Pick<RunnerContext, 'home' | 'driver' | 'limits' | 'clock'>

/** From its boot to its end a machine takes this much longer than its check, at the most. */
const marginMs = 5 * 60_000

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
    const { home, driver, limits, clock } = this.#context
    const { id, repoPath, environment } = task
    const files = filesOfCheck(task)
    const { provisions } = terms
    await mkdir(files.share, { recursive: true, mode: 0o700 })
    await cloneWorkspace(
      {
        ...{ repoPath, workspace: files.repo, taskId: id, needsFlake: environment === undefined },
        base: { kind: 'commit', name: commit, commit },
      },
      signal,
    )
    await writeCheckShare(files, terms.share, commit)
    await requireOwnFolders(files)
    const volumes = await prepareSlotStorage(home, slot)
    await driver.prepareOwnership([files.share, files.repo, ...volumes.map(({ path }) => path)], signal)
    await slotIsFree(slot)
    signal.throwIfAborted()
    const size = { ...limits, ...terms.size }
    const spec = { ...machineSpec(id, { home, limits: size, files, slot, provisions, volumes }), name: machineName(id) }
    const machine = await driver.start(spec, signal)
    this.#running.set(id, machine.handle)
    using _told = clock.follow(machine)
    await using _off = { [Symbol.asyncDispose]: () => machine.powerOff(AbortSignal.abort()) } // It does nothing once it has ended.
    const ended = await supervise(
      machine,
      {
        ...{ share: files.share, bootTimeoutMs: limits.bootTimeoutMs, powerOffTimeoutMs: limits.powerOffTimeoutMs },
        taskTimeoutMs: limits.bootTimeoutMs + timeoutMs + marginMs,
        onAgentStarted: async () => undefined,
        onStopRequested: async () => undefined,
      },
      signal,
      never,
    )
    signal.throwIfAborted()
    const result = await readResult({ share: files.share, secret: provisions.key.value }, id)
    if ('code' in result) throw errorOf(result)
    if (result.check) return { report: result.check, image: machine.handle.image ?? terms.image }
    const exit = ended.kind === 'exited' && 'detail' in ended.exit ? `: ${ended.exit.detail}` : ''
    throw new AppError('guest-failed', `${result.error ?? 'The machine of the check ended before the check'}${exit}`, {
      hint: `Its console is ${files.console}`,
    })
  }
}

/** A machine that is let go of would be found by nobody. */
const never = new AbortController().signal
