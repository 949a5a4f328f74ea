import { requireTaskId } from '../../api/views.ts'
import { screenFilter, screenReset } from '../../lib/guest/screen-filter.ts'
import { windowOfServer } from '../../web/window-of-server.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { type Keyboard, processKeyboard } from './keyboard.ts'

const endOfInput = Buffer.from([0x04]) // Ctrl-D
const endAgainMs = 250

/**
 * A shell in a task's machine, in this terminal, whose output goes through an allowlist. Without a terminal what comes on standard input is typed,
 * and the bytes of the shell go to standard output as they are. Resolves when the shell has ended or was left.
 */
export async function attach(
  terminal: Terminal,
  idText: string,
  keyboard: Keyboard = processKeyboard(),
): Promise<void> {
  const id = requireTaskId(idText)
  const call = await windowOfServer(terminal.home)
  const { shell } = await call('openShell', { id, ...keyboard.size() })
  terminal.note(
    `This is a shell in the machine of task ${id}, of the same user as its agent: never type a password or another secret here.`,
  )
  if (keyboard.isTty) terminal.note('Ctrl-] leaves it.')

  const left = new AbortController()
  let end: NodeJS.Timeout | undefined
  const typed = new TypedBytes((data) => call('writeShell', { shell, data }).then(() => undefined))
  using _resized = keyboard.onResize((size) => void call('resizeShell', { shell, ...size }).catch(() => undefined))
  using _typing = keyboard.listen({
    typed: (bytes) => typed.add(bytes),
    ended: () => {
      // Again and again: a terminal that changes its mode, as a shell's does between two commands, loses what was typed ahead.
      end = setInterval(() => typed.add(endOfInput), endAgainMs)
    },
    left: () => left.abort(),
  })
  try {
    await showAll({ terminal, left: left.signal, read: (after) => call('readShell', { shell, after }) })
  } finally {
    clearInterval(end)
    if (terminal.isTty) await terminal.write(screenReset)
    await call('closeShell', { shell }).catch(() => undefined) // It may have ended, or the server.
  }
  terminal.note(left.signal.aborted ? 'You left the shell, which ended it.' : 'The shell has ended.')
}

interface Showing {
  readonly terminal: Terminal
  readonly left: AbortSignal
  readonly read: (after: number) => Promise<{ readonly data: string; readonly next: number; readonly ended: boolean }>
}

async function showAll({ terminal, left, read }: Showing): Promise<void> {
  const decoder = new TextDecoder()
  const filter = screenFilter()
  const gone = new Promise<undefined>((resolve) =>
    left.addEventListener('abort', () => resolve(undefined), { once: true }),
  )
  for (let after = 0; ; ) {
    const piece = await Promise.race([read(after), gone])
    if (!piece) return
    const bytes = Buffer.from(piece.data, 'base64')
    await terminal.write(terminal.isTty ? filter(decoder.decode(bytes, { stream: true })) : bytes)
    if (piece.ended) return
    after = piece.next
  }
}

/** Sends what is typed in its order, and what is typed while something is under way together. */
class TypedBytes {
  readonly #send: (base64: string) => Promise<void>
  #waiting: Buffer[] = []
  #isSending = false

  constructor(send: (base64: string) => Promise<void>) {
    this.#send = send
  }

  add(bytes: Buffer): void {
    if (bytes.length > 0) this.#waiting.push(bytes)
    if (!this.#isSending) void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const all = Buffer.concat(this.#waiting)
      this.#waiting = []
      for (let at = 0; at < all.length; at += mostTypedBytes) {
        await this.#send(all.subarray(at, at + mostTypedBytes).toString('base64')).catch(() => undefined) // The reading side tells.
      }
    }
    this.#isSending = false
  }
}

export const mostTypedBytes = 48 * 1024
