import type { Failure } from '../../main/core/failure.ts'
import type { Reply } from '../../preload/contract.ts'

/** How a shell is: `open` says by what name the host knows it. */
export type ShellState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly shell: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** The host's calls that a shell needs. */
export interface ShellCalls {
  open(size: ScreenSize): Promise<Reply<'openShell'>>
  read(shell: string, after: number, signal: AbortSignal): Promise<Reply<'readShell'>>
  write(shell: string, data: string): Promise<Reply<'writeShell'>>
  resize(shell: string, size: ScreenSize): Promise<Reply<'resizeShell'>>
  close(shell: string): Promise<Reply<'closeShell'>>
}

interface ScreenSize {
  readonly rows: number
  readonly columns: number
}

/** Where it is shown, and where somebody types. `write` resolves when it is shown: no more is asked for before. */
export interface ShellScreen {
  readonly size: ScreenSize
  write(bytes: Uint8Array): Promise<void>
  onTyped(listener: (text: string) => void): void
  onResize(listener: (size: ScreenSize) => void): void
}

/** Half of what the host takes at a time, as base64. */
const mostTypedBytes = 48 * 1024

/** Opens a shell on the screen and serves it until it ends or the signal fires, which closes it. */
export async function runShell(
  calls: ShellCalls,
  screen: ShellScreen,
  tell: (state: ShellState) => void,
  signal: AbortSignal,
): Promise<void> {
  tell({ kind: 'opening' })
  const opened = await calls.open(screen.size)
  if (!opened.ok) {
    if (!signal.aborted) tell({ kind: 'failed', failure: opened.failure })
    return
  }
  const { shell } = opened.value
  if (signal.aborted) return void (await calls.close(shell))
  signal.addEventListener('abort', () => void calls.close(shell), { once: true })
  tell({ kind: 'open', shell })
  const typed = new TypedText((data) => calls.write(shell, data))
  screen.onTyped((text) => {
    if (!signal.aborted) typed.add(text)
  })
  screen.onResize((size) => {
    if (!signal.aborted) void calls.resize(shell, size)
  })
  for (let after = 0; !signal.aborted; ) {
    const reply = await calls.read(shell, after, signal)
    if (signal.aborted) return
    if (!reply.ok) return tell({ kind: 'failed', failure: reply.failure })
    const bytes = Uint8Array.from(atob(reply.value.data), (character) => character.charCodeAt(0))
    if (bytes.length > 0) await screen.write(bytes)
    if (reply.value.ended) return tell({ kind: 'ended' })
    after = reply.value.next
  }
}

/** Sends what is typed in its order, and what is typed while something is under way together. */
class TypedText {
  readonly #send: (base64: string) => Promise<unknown>
  #waiting = ''
  #isSending = false

  constructor(send: (base64: string) => Promise<unknown>) {
    this.#send = send
  }

  add(text: string): void {
    this.#waiting += text
    if (!this.#isSending) void this.#sendAll()
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    while (this.#waiting !== '') {
      const all = new TextEncoder().encode(this.#waiting)
      this.#waiting = ''
      for (let at = 0; at < all.length; at += mostTypedBytes) {
        const piece = Array.from(all.subarray(at, at + mostTypedBytes), (code) => String.fromCharCode(code))
        await this.#send(btoa(piece.join('')))
      }
    }
    this.#isSending = false
  }
}
