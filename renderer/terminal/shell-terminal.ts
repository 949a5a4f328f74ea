import { terminalInBox } from './terminal-in-box.ts'

export interface ShellTerminal {
  readonly size: { readonly rows: number; readonly columns: number }
  write(bytes: Uint8Array): Promise<void>
  /** What is typed or pasted, and what the terminal answers to the guest. */
  onTyped(listener: (text: string) => void): void
  onResize(listener: (size: ShellTerminal['size']) => void): void
  focus(): void
  dispose(): void
}

/** A terminal in which a person types, in a box that it fills; `onLeave` is Ctrl-]. What it shows is a guest's. */
export function openShellTerminal(box: HTMLElement, label: string, onLeave: () => void): ShellTerminal {
  const { terminal, dispose } = terminalInBox(box, { scrollback: 5_000, macOptionIsMeta: true }, (made) =>
    made.attachCustomKeyEventHandler((event) => isTyped(event, onLeave)),
  )
  terminal.textarea?.setAttribute('aria-label', label)
  return {
    get size() {
      return { rows: terminal.rows, columns: terminal.cols }
    },
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    onTyped: (listener) => {
      terminal.onData(listener)
    },
    onResize: (listener) => void terminal.onResize(({ rows, cols }) => listener({ rows, columns: cols })),
    focus: () => terminal.focus(),
    dispose,
  }
}

/** The shell has every key first, Escape and those of the window among them, but Ctrl-] and what goes with Cmd. */
function isTyped(event: KeyboardEvent, onLeave: () => void): boolean {
  if (event.metaKey) return false
  event.stopPropagation()
  if (event.type !== 'keydown' || !event.ctrlKey || event.key !== ']') return true
  event.preventDefault()
  onLeave()
  return false
}
