import { mkdir } from 'node:fs/promises'
import { AppError, errorOf, type Failure } from '../../core/failure.ts'
import type { CheckReport } from '../../core/merge/check-report.ts'
import type { MachineHandle, TaskId } from '../../core/task/task.ts'
import { cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import type { MachineSpec, Volume } from '../../machines/driver.ts'
import { requireOwnFolders } from '../admission/require-own-folders.ts'
import type { TaskFiles } from '../record/task-files.ts'
import { readResult } from './ask-worker.ts'
import { supervise } from './supervise.ts'
import type { RunnerContext } from './task-run.ts'
import { type CheckShare, writeCheckShare } from './write-share.ts'

export interface CommitMachine {
  /** Names its clone's branch, and its lines in the log. */
  readonly id: TaskId
  readonly repoPath: string
  readonly commit: string
  /** Whether the command runs in the flake of the commit. */
  readonly needsFlake: boolean
  readonly files: TaskFiles
  readonly share: CheckShare
  /** Removed from what the guest left. */
  readonly secret: string
  /** How long the command may take. */
  readonly timeoutMs: number
  /** Disks that this machine alone has. They are made before `spec` is asked for. */
  readonly volumes: () => Promise<readonly Volume[]>
  readonly spec: (volumes: readonly Volume[]) => MachineSpec
  /** Resolves with a failure when the machine must end before its command has, and undefined when `over` fires first; left out, it need not. */
  readonly limitReached?: (over: AbortSignal) => Promise<Failure | undefined>
  /** Called right before it is started. */
  readonly ready?: () => Promise<unknown>
  readonly onStarted: (handle: MachineHandle) => void
}

type CommitContext = Pick<RunnerContext, 'driver' | 'limits' | 'clock'>

/** What its command came to, and the key of the image that it had booted. */
export interface RanCommand {
  readonly report: CheckReport
  /** Undefined where the driver does not say. */
  readonly image: string | undefined
  /** The guest has powered off by itself, and left its disks whole. */
  readonly isWhole: boolean
}

/** From its boot to its end a machine takes this much longer than its command, at the most. */
const marginMs = 5 * 60_000

/**
 * Runs the command of `share` on one commit, in a machine in which nothing else happens: a clone of its own, no agent, no key.
 * @throws AppError when it could not be run, and the signal's reason when that fires; the machine has ended then.
 */
export async function runCommitMachine(
  { driver, limits, clock }: CommitContext,
  machine: CommitMachine,
  signal: AbortSignal,
): Promise<RanCommand> {
  const { id, repoPath, commit, needsFlake, files } = machine
  await mkdir(files.share, { recursive: true, mode: 0o700 })
  const base = { kind: 'commit', name: commit, commit } as const
  await cloneWorkspace({ repoPath, workspace: files.repo, taskId: id, needsFlake, base }, signal)
  await writeCheckShare(files, machine.share, commit)
  await requireOwnFolders(files)
  const volumes = await machine.volumes()
  await driver.prepareOwnership([files.share, files.repo, ...volumes.map(({ path }) => path)], signal)
  await machine.ready?.()
  signal.throwIfAborted()
  const running = await driver.start(machine.spec(volumes), signal)
  machine.onStarted(running.handle)
  let limit: Failure | undefined
  const limitReached = async (over: AbortSignal): Promise<Failure | undefined> => {
    limit = await machine.limitReached?.(over)
    return limit
  }
  using _told = clock.follow(running)
  await using _off = { [Symbol.asyncDispose]: () => running.powerOff(AbortSignal.abort()) } // It does nothing once it has ended.
  const ended = await supervise(
    running,
    {
      ...{ share: files.share, bootTimeoutMs: limits.bootTimeoutMs, powerOffTimeoutMs: limits.powerOffTimeoutMs },
      limitReached: [limitReached],
      taskTimeoutMs: limits.bootTimeoutMs + machine.timeoutMs + marginMs,
      onAgentStarted: async () => undefined,
      onStopRequested: async () => undefined,
    },
    signal,
    never,
  )
  signal.throwIfAborted()
  if (limit) throw errorOf(limit)
  const result = await readResult({ share: files.share, secret: machine.secret }, id)
  if ('code' in result) throw errorOf(result)
  const isWhole = ended.kind === 'exited' && ended.exit.kind === 'powered-off'
  if (result.check) return { report: result.check, image: running.handle.image, isWhole }
  const exit = ended.kind === 'exited' && 'detail' in ended.exit ? `: ${ended.exit.detail}` : ''
  throw new AppError('guest-failed', `${result.error ?? 'The machine ended before its command'}${exit}`, {
    hint: `Its console is ${files.console}`,
  })
}

/** A machine that is let go of would be found by nobody. */
const never = new AbortController().signal
