import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { ShellPiece } from '../../preload/task-details.ts'
import { requireTaskId } from '../api/views.ts'
import { AppError } from '../core/failure.ts'
import type { Attachments, ScreenSize } from '../tasks/contract.ts'

/** A shell that nobody asked anything of for so long has lost its window: pages wait 25 s for an answer and ask again. */
const forgottenMs = 90_000
const waitMs = 25_000
/** Of one answer. Beyond it the guest waits, and with it the program in the shell. */
const mostAnswerBytes = 256 * 1024
const mostShells = 32

/**
 * Shells, and SSH connections, for callers that ask for what one showed, again and again. An answer that got lost can be asked for once more, so it is kept until the next
 * question says that it came.
 */
export class Shells implements Disposable {
  readonly #attachments: Attachments
  readonly #shells = new Map<string, KeptShell>()
  #opening = 0

  constructor(attachments: Attachments) {
    this.#attachments = attachments
  }

  /** Resolves with a name that only the caller knows. @throws AppError */
  async open(taskId: string, size: ScreenSize, signal: AbortSignal): Promise<string> {
    return await this.#keep(async () => {
      const shell = await this.#attachments.openShell(requireTaskId(taskId), size, signal)
      return { stream: shell, resize: (wished) => shell.resize(wished) }
    })
  }

  /** As `open`, of an SSH connection in place of a shell. @throws AppError */
  async openSsh(taskId: string, signal: AbortSignal): Promise<string> {
    return await this.#keep(async () => {
      const stream = await this.#attachments.openSsh(requireTaskId(taskId), signal)
      return { stream, resize: () => undefined } // The sizes of its screens are told inside of it.
    })
  }

  async #keep(open: () => Promise<Opened>): Promise<string> {
    if (this.#shells.size + this.#opening >= mostShells) {
      throw new AppError('task-busy', `${mostShells} shells are open`, { hint: 'Close one of them' })
    }
    this.#opening += 1
    try {
      const opened = await open()
      const name = randomBytes(16).toString('hex')
      this.#shells.set(name, new KeptShell(opened, () => this.#shells.delete(name)))
      return name
    } finally {
      this.#opening -= 1
    }
  }

  /** Resolves when there is something from `after` on, or the shell has ended, or some time has passed. */
  async read(name: string, after: number, signal: AbortSignal): Promise<ShellPiece> {
    return await this.#find(name).read(after, signal)
  }

  /** Resolves when the guest has taken it. */
  async write(name: string, data: Buffer): Promise<void> {
    await this.#find(name).write(data)
  }

  resize(name: string, size: ScreenSize): void {
    this.#find(name).resize(size)
  }

  close(name: string): void {
    this.#shells.get(name)?.close()
  }

  [Symbol.dispose](): void {
    for (const shell of this.#shells.values()) shell.close()
  }

  #find(name: string): KeptShell {
    const shell = this.#shells.get(name)
    if (shell) return shell
    throw new AppError('task-ended', 'This shell has ended', { hint: 'Open another one' })
  }
}

interface Opened {
  readonly stream: Duplex
  readonly resize: (size: ScreenSize) => void
}

class KeptShell {
  readonly #shell: Duplex
  readonly resize: (size: ScreenSize) => void
  readonly #forget: () => void
  /** What was answered and may have got lost, and where it begins. */
  #answered: Buffer = Buffer.alloc(0)
  #start = 0
  #forgotten: NodeJS.Timeout | undefined

  constructor({ stream: shell, resize }: Opened, forget: () => void) {
    this.#shell = shell
    this.resize = (size) => {
      this.#isUsed()
      resize(size)
    }
    this.#forget = forget
    shell.on('error', () => undefined) // It closes after that.
    shell.pause()
    this.#isUsed()
  }

  async read(after: number, signal: AbortSignal): Promise<ShellPiece> {
    this.#isUsed()
    if (after > this.#start) {
      this.#start += this.#answered.length
      this.#answered = Buffer.alloc(0)
    }
    this.#require(after)
    if (this.#answered.length === 0) await this.#come(signal)
    // Others may have read meanwhile: from here on nothing is awaited, so that what one takes is what all are answered.
    this.#require(after)
    if (this.#answered.length === 0) this.#answered = this.#take()
    const ended = this.#answered.length === 0 && this.#hasEnded
    if (ended) this.close()
    return { data: this.#answered.toString('base64'), next: after + this.#answered.length, ended }
  }

  async write(data: Buffer): Promise<void> {
    this.#isUsed()
    if (!this.#shell.writable) return
    await new Promise<void>((resolve) => this.#shell.write(data, () => resolve()))
  }

  close(): void {
    clearTimeout(this.#forgotten)
    this.#shell.destroy()
    this.#forget()
  }

  get #hasEnded(): boolean {
    return this.#shell.readableEnded || this.#shell.destroyed
  }

  #require(after: number): void {
    if (after !== this.#start) throw new AppError('argument-invalid', 'What the shell showed there is gone')
  }

  async #come(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
    if (this.#shell.readableLength === 0 && !this.#hasEnded) await changed(this.#shell, limit)
    signal.throwIfAborted()
  }

  #take(): Buffer {
    const shell = this.#shell
    const pieces: Buffer[] = []
    let bytes = 0
    while (bytes < mostAnswerBytes) {
      const piece: Buffer | null = shell.read(Math.min(shell.readableLength, mostAnswerBytes - bytes) || undefined)
      if (piece === null) break
      pieces.push(piece)
      bytes += piece.length
    }
    return Buffer.concat(pieces)
  }

  #isUsed(): void {
    clearTimeout(this.#forgotten)
    this.#forgotten = setTimeout(() => this.close(), forgottenMs).unref()
  }
}

/** Resolves when the shell has something to say, or will say nothing more, or the signal fires. */
function changed(shell: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      shell.off('readable', done).off('end', done).off('close', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    shell.on('readable', done).on('end', done).on('close', done)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
