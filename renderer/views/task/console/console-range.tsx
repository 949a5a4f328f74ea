import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../../main/core/failure.ts'
import { bytes } from '../../../format.ts'
import { Button } from '../../../parts/button.tsx'
import { type ReadConsole, readRange, tailBytes } from '../../../stores/console-feed.ts'
import { showFailure } from '../../../stores/notices.ts'
import { openTerminal } from '../../../terminal/console-terminal.ts'

interface Props {
  readonly id: string
  readonly read: ReadConsole
  /** Where what is shown elsewhere begins. */
  readonly to: number
  readonly onClose: () => void
}

/** What came before the end of a long console, one range at a time, over the one that goes on. */
export function ConsoleRange({ id, read, to, onClose }: Props) {
  const box = useRef<HTMLElement>(null)
  const [end, setEnd] = useState(to)
  const start = Math.max(0, end - tailBytes)
  const show = useCallback(
    async (element: HTMLElement, signal: AbortSignal) => {
      const terminal = openTerminal(element)
      signal.addEventListener('abort', () => terminal.dispose())
      try {
        for (const piece of await readRange(read, start, end, signal)) if (!signal.aborted) await terminal.write(piece)
      } catch (failure) {
        showFailure(failure as Failure)
      }
    },
    [read, start, end],
  )
  useEffect(() => {
    const stop = new AbortController()
    if (box.current) void show(box.current, stop.signal)
    return () => stop.abort()
  }, [show])
  return (
    <div className="pane range">
      <div className="console-note">
        <span className="grow">
          {bytes(start)} to {bytes(end)} of the console
        </span>
        <Button tiny icon="up" disabled={start === 0} onClick={() => setEnd(start)}>
          Earlier
        </Button>
        <Button tiny icon="down" disabled={end >= to} onClick={() => setEnd(Math.min(to, end + tailBytes))}>
          Later
        </Button>
        <Button tiny look="plain" onClick={onClose}>
          Back to the End
        </Button>
      </div>
      <section ref={box} className="console" aria-label={`Earlier console of task ${id}`} />
    </div>
  )
}
