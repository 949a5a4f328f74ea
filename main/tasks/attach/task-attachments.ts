import { AppError } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { LineStream, ScreenSize } from '../../machines/attach/line-stream.ts'
import type { Attachments } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { GuestLines } from './guest-lines.ts'

export interface TaskAttachmentsOptions {
  readonly catalog: Pick<TaskCatalog, 'get'>
  readonly lines: Pick<GuestLines, 'open'>
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
    const { catalog, lines } = this.#options
    const { state } = await catalog.get(id)
    if (state.phase === 'finished') {
      throw new AppError('task-ended', `Task '${id}' has ended, and its machine with it`, {
        hint: 'Continue it, and it has a machine again',
      })
    }
    return await lines.open(id, target, signal)
  }
}

/** A guest's words. @throws AppError('guest-failed') for what are no ports. */
function readPorts(text: string): readonly number[] {
  const ports = text === '' ? [] : text.split(' ').map((word) => (/^[1-9]\d{0,4}$/.test(word) ? Number(word) : 0))
  if (ports.every((port) => port > 0 && port < 65_536)) return [...new Set(ports)]
  throw new AppError('guest-failed', 'The machine does not say in a readable way at which ports it listens')
}
