import { AppError } from '../../core/failure.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import type { LineStream, ScreenSize } from '../../machines/attach/line-stream.ts'
import type { Attachments } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { type GuestLines, noMachine } from './guest-lines.ts'
import { sshKeys } from './ssh-keys.ts'

export interface TaskAttachmentsOptions {
  readonly home: string
  readonly catalog: Pick<TaskCatalog, 'get' | 'watch'>
  readonly lines: Pick<GuestLines, 'followed' | 'open'>
  /** How long a machine that is on record may take to be found again after a restart. Default: 30 s. */
  readonly findMs?: number
}

/** Of the guest's answer to what it listens at. */
const mostAnswerBytes = 1024

/** Opens shells in the machines of tasks, and ways to their ports. */
export class TaskAttachments implements Attachments {
  readonly #options: TaskAttachmentsOptions

  constructor(options: TaskAttachmentsOptions) {
    this.#options = options
  }

  async openShell(id: TaskId, size: ScreenSize, signal: AbortSignal): Promise<LineStream> {
    return await this.#open(id, { kind: 'shell', size }, signal)
  }

  async connect(id: TaskId, port: number, signal: AbortSignal): Promise<LineStream> {
    return await this.#open(id, { kind: 'port', port }, signal)
  }

  async openSsh(id: TaskId, signal: AbortSignal): Promise<LineStream> {
    await this.#untilFollowed(id, signal) // A task that has no machine needs no keys.
    const keys = await sshKeys(this.#options.home, id)
    return await this.#options.lines.open(id, { kind: 'ssh', keys }, signal)
  }

  async ports(id: TaskId, signal: AbortSignal): Promise<readonly number[]> {
    const stream = await this.#open(id, { kind: 'ports' }, signal)
    let text = ''
    try {
      for await (const chunk of stream) {
        text += String(chunk)
        if (text.length > mostAnswerBytes) break
      }
    } finally {
      stream.destroy()
    }
    return readPorts(text)
  }

  async #open(id: TaskId, target: Parameters<GuestLines['open']>[1], signal: AbortSignal): Promise<LineStream> {
    await this.#untilFollowed(id, signal)
    return await this.#options.lines.open(id, target, signal)
  }

  /** A machine that is on record is followed soon: one that was just started, or one that a server that was started anew has yet to find again. */
  async #untilFollowed(id: TaskId, signal: AbortSignal): Promise<void> {
    const { catalog, lines, findMs = 30_000 } = this.#options
    const gone = new AbortController()
    const look = async (): Promise<void> => {
      await catalog
        .get(id)
        .then(requireMachine)
        .catch((error: unknown) => gone.abort(error))
    }
    const unwatch = catalog.watch((changed) => void (changed === id && look())) // Before the look: what changes after it is seen.
    const giveUp = async (): Promise<void> => {
      await catalog
        .get(id)
        .then((task) => gone.abort(notFound(task)))
        .catch((error: unknown) => gone.abort(error))
    }
    const late = setTimeout(() => void giveUp(), findMs)
    try {
      await look()
      await lines.followed(id, AbortSignal.any([signal, gone.signal]))
    } finally {
      clearTimeout(late)
      unwatch()
    }
  }
}

const notFound = ({ id, place }: Task): AppError =>
  place
    ? new AppError('task-busy', `The place ${place.name} of task '${id}' does not answer at the moment`, {
        hint: `Try again, or see what it says: microvm-orchestrator places doctor ${place.name}`,
      })
    : noMachine(id)

/** @throws AppError that says why the task has no machine that could be reached. */
function requireMachine({ id, state, machineStartedAt, exit }: Task): void {
  if (state.phase === 'finished') {
    throw new AppError('task-ended', `Task '${id}' has ended, and its machine with it`, {
      hint: 'Continue it, and it has a machine again',
    })
  }
  if (state.phase === 'merging') {
    throw new AppError('task-busy', `The machine of task '${id}' has ended, and its work is taken over`, {
      hint: 'Continue it once it has ended, and it has a machine again',
    })
  }
  if (machineStartedAt === null || exit !== null) throw noMachine(id)
}

/** A guest's words. @throws AppError('guest-failed') for what are no ports. */
function readPorts(text: string): readonly number[] {
  const ports = text === '' ? [] : text.split(' ').map((word) => (/^[1-9]\d{0,4}$/.test(word) ? Number(word) : 0))
  if (ports.every((port) => port > 0 && port < 65_536)) return [...new Set(ports)]
  throw new AppError('guest-failed', 'The machine does not say in a readable way at which ports it listens')
}
