import type { ScreenSize } from '../../tasks/contract.ts'

/** What a user types, and on which screen. */
export interface Keyboard {
  /** Whether a person is there, whose terminal passes on every key. */
  readonly isTty: boolean
  size(): ScreenSize
  /** Has every key be ours until the result is disposed. */
  listen(listener: KeyListener): Disposable
  onResize(onResize: (size: ScreenSize) => void): Disposable
}

interface KeyListener {
  typed(bytes: Buffer): void
  /** Nothing more is typed: what was given has come to its end. */
  ended(): void
  /** By Ctrl-], or by a signal that ends the program. */
  left(): void
}

const leaveKey = 0x1d // Ctrl-]
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Standard input, and the screen of standard output. */
export function processKeyboard(): Keyboard {
  const { stdin, stdout } = process
  const isTty = stdin.isTTY === true && stdout.isTTY === true
  const size = (): ScreenSize => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 })
  return {
    isTty,
    size,
    listen: ({ typed, ended, left }) => {
      const onData = (bytes: Buffer): void => {
        const at = isTty ? bytes.indexOf(leaveKey) : -1
        typed(at < 0 ? bytes : bytes.subarray(0, at))
        if (at >= 0) left()
      }
      if (isTty) stdin.setRawMode(true)
      stdin.on('data', onData).once('end', ended).resume()
      for (const signal of endingSignals) process.on(signal, left)
      return {
        [Symbol.dispose]: () => {
          for (const signal of endingSignals) process.off(signal, left)
          stdin.off('data', onData).off('end', ended).pause()
          if (isTty) stdin.setRawMode(false)
        },
      }
    },
    onResize: (onResize) => {
      const resized = (): void => onResize(size())
      stdout.on('resize', resized)
      return { [Symbol.dispose]: () => void stdout.off('resize', resized) }
    },
  }
}
