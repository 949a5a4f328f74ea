import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/failure.ts'
import { unreachable } from '../../core/unreachable.ts'
import { FrameReader, frame, type GuestFrame, HelloReader, helloFrames, LineFault, mostStreams } from './frames.ts'
import { LineStream, type ScreenSize, type StreamLine } from './line-stream.ts'

/** What is opened in a guest. */
export type LineTarget =
  | { readonly kind: 'shell'; readonly size: ScreenSize }
  | { readonly kind: 'port'; readonly port: number }
  /** The ports at which programs of the agent's user listen: decimal numbers with spaces between them. */
  | { readonly kind: 'ports' }
  /** An SSH server for this one connection, of the agent's user. */
  | { readonly kind: 'ssh'; readonly keys: SshServerKeys }

/** What such a server is given; both in OpenSSH's own text form. */
export interface SshServerKeys {
  /** The public key whose owner it lets in: one line. */
  readonly mayEnter: string
  /** Its own private key, by which it is known here. */
  readonly own: string
}

/** Of what waits for the line itself; more waits in the streams. */
const mostQueuedBytes = 65_536
/** How long a guest may take to answer, one that has just begun to boot takes a while; and when it is greeted again, and then after twice as long each time. */
const helloTimes = { answerMs: 30_000, againMs: 1_000 }
/** How long it may take to say that it has closed what we closed. */
const closeMs = 30_000
/** Of the streams of a line, those that lead to ports: the others are kept for shells, however many connections a preview opens. */
export const mostPortStreams = 48
/** What is read at a time is dealt with in less, unless the guest means harm. */
const longMs = 1

/**
 * The line to a guest with all its streams. Whatever the guest sends costs this process no more than half of its time and a bounded amount of
 * memory; a guest that does not keep to the protocol loses the line, and with it what was open in it.
 */
export class GuestLine implements StreamLine {
  /** Resolves when the line is gone. */
  readonly closed: Promise<void>
  readonly #socket: Duplex
  readonly #reader = new FrameReader()
  /** All that the guest may still speak of: open here, or open there. */
  readonly #streams = new Map<number, OpenStream>()
  /** Those that we closed, until the guest says that it has. */
  readonly #leaving = new Map<LineStream, NodeJS.Timeout>()
  /** Those that have something to send, in turn. */
  readonly #ready = new Set<LineStream>()
  #lastId = 0
  #isPumping = false

  /**
   * Begins anew on a line that is ours alone. An answer can get lost: a guest whose kernel has not heard yet that somebody is there again says it to
   * nobody. So the guest is greeted again, and the answer to the last greeting counts.
   * @throws AppError('guest-failed') when the guest does not answer or the line ends, or the signal's reason; the socket is destroyed then.
   */
  static async begin(socket: Duplex, signal: AbortSignal, times = helloTimes): Promise<GuestLine> {
    let hello: HelloReader | undefined
    let again: NodeJS.Timeout | undefined
    const greet = (againMs: number): void => {
      const { said, answer } = helloFrames(randomBytes(16))
      hello = new HelloReader(answer)
      socket.write(said)
      again = setTimeout(() => greet(2 * againMs), againMs)
    }
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    const limit = AbortSignal.any([signal, AbortSignal.timeout(times.answerMs)])
    const onData = (chunk: Buffer): void => {
      const rest = hello?.push(chunk)
      if (!rest) return
      socket.pause()
      resolve(rest)
    }
    const onEnd = (): void => reject(gone())
    const onAbort = (): void => reject(signal.aborted ? signal.reason : unanswered())
    socket.on('error', () => undefined) // It closes after that.
    socket.on('data', onData).once('end', onEnd).once('close', onEnd)
    limit.addEventListener('abort', onAbort, { once: true })
    try {
      if (limit.aborted) onAbort()
      greet(times.againMs)
      const rest = await promise
      return new GuestLine(socket, rest)
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(again)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd)
      limit.removeEventListener('abort', onAbort)
    }
  }

  private constructor(socket: Duplex, first: Buffer) {
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    socket.once('close', () => {
      this.#lose(gone())
      resolve()
    })
    socket.once('end', () => socket.destroy())
    socket.on('drain', () => this.#pump())
    this.#take(first)
    socket.on('data', (chunk: Buffer) => this.#take(chunk)).resume()
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** Opens one more. @throws AppError('guest-failed') with the reason of the guest, AppError('task-busy') when too much is open already. */
  async open(target: LineTarget, signal: AbortSignal): Promise<LineStream> {
    signal.throwIfAborted()
    if (!this.isOpen) throw gone()
    this.#requireRoom(target)
    this.#lastId += 1
    const stream = new LineStream(this.#lastId, this)
    this.#streams.set(stream.id, { stream, kind: target.kind })
    this.send(frame('O', stream.id, wordsOf(target)))
    const onAbort = (): void => void stream.destroy(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await stream.opened
      return stream
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error
      throw new AppError('guest-failed', (error as Error).message || 'The machine did not open it')
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Closes all that is open. */
  close(): void {
    this.#socket.destroy()
  }

  #requireRoom({ kind }: LineTarget): void {
    const ports = [...this.#streams.values()].filter((open) => open.kind === 'port').length
    if (this.#streams.size < mostStreams && (kind !== 'port' || ports < mostPortStreams)) return
    throw new AppError('task-busy', `Too many connections to the machine are open: ${this.#streams.size}`, {
      hint: 'Close a shell or a page of it, and try again',
    })
  }

  // ---- for its streams ----

  send(bytes: Buffer): void {
    if (this.isOpen) this.#socket.write(bytes)
  }

  leave(stream: LineStream): void {
    if (!this.isOpen) return
    this.send(frame('C', stream.id))
    const late = (): void =>
      this.#end(new AppError('guest-failed', 'The machine does not close what is to be closed on its line'))
    this.#leaving.set(stream, setTimeout(late, closeMs).unref())
  }

  isReady(stream: LineStream): void {
    this.#ready.add(stream)
    this.#pump()
  }

  /** One frame of each stream in turn, while the line has room. */
  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    for (const stream of this.#ready) {
      if (this.#socket.writableLength >= mostQueuedBytes) break
      this.#ready.delete(stream)
      stream.sendNext() // One that has more comes again, behind the others.
    }
    this.#isPumping = false
  }

  // ---- from the guest ----

  #take(chunk: Buffer): void {
    const began = performance.now()
    const touched = new Set<LineStream>()
    try {
      for (const said of this.#reader.push(chunk)) {
        const stream = this.#streams.get(said.id)?.stream
        if (!stream) throw new LineFault('a stream that was never opened')
        this.#obey(stream, said)
        touched.add(stream)
      }
    } catch (error) {
      if (!(error instanceof LineFault)) throw error
      this.#end(new AppError('guest-failed', `The machine does not keep to the protocol of its line: ${error.message}`))
      return
    }
    for (const stream of touched) stream.flow()
    const tookMs = performance.now() - began
    if (tookMs < longMs) return
    this.#socket.pause()
    setTimeout(() => this.#socket.resume(), tookMs)
  }

  #obey(stream: LineStream, said: GuestFrame): void {
    switch (said.kind) {
      case 'opened':
        stream.guestOpened()
        break
      case 'data':
        stream.guestSent(said.bytes)
        break
      case 'credit':
        stream.guestTakes(said.bytes)
        break
      case 'ended':
        stream.guestEnded()
        break
      case 'closed':
        this.#streams.delete(stream.id)
        this.#ready.delete(stream)
        clearTimeout(this.#leaving.get(stream))
        this.#leaving.delete(stream)
        stream.guestClosed(said.reason)
        break
      default:
        unreachable(said)
    }
  }

  #end(reason: Error): void {
    this.#socket.destroy()
    this.#lose(reason)
  }

  #lose(reason: Error): void {
    const open = [...this.#streams.values()]
    this.#streams.clear()
    this.#ready.clear()
    for (const late of this.#leaving.values()) clearTimeout(late)
    this.#leaving.clear()
    for (const { stream } of open) stream.destroy(reason)
  }
}

interface OpenStream {
  readonly stream: LineStream
  readonly kind: LineTarget['kind']
}

function wordsOf(target: LineTarget): string {
  switch (target.kind) {
    case 'shell':
      return `shell ${target.size.rows} ${target.size.columns}`
    case 'port':
      return `port ${target.port}`
    case 'ports':
      return 'ports'
    case 'ssh':
      return `ssh\n${target.keys.mayEnter}\n${target.keys.own}`
  }
}

const gone = (): AppError => new AppError('guest-failed', 'The line to the machine is gone')

const unanswered = (): AppError =>
  new AppError('guest-failed', 'The machine does not answer on its line: it is starting, ending or too busy', {
    hint: 'Try again; a machine that was started before the update cannot be attached to',
  })
