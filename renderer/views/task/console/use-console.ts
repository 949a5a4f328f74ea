import { useCallback, useEffect, useRef, useState } from 'react'
import { host } from '../../../api.ts'
import { type FeedState, feedConsole, type ReadConsole } from '../../../stores/console-feed.ts'
import { type ConsoleTerminal, openTerminal } from '../../../terminal/console-terminal.ts'

interface Found {
  readonly at: number
  readonly of: number
}

export interface ConsoleHandle {
  readonly feed: FeedState | null
  readonly following: boolean
  readonly found: Found
  readonly terminal: ConsoleTerminal | null
  follow(on: boolean): void
  again(): void
  readonly read: ReadConsole
}

/** A terminal in the box, fed with the console of the task, or of the machine that checks its work, for as long as the view is shown. A paused console asks for nothing. */
export function useConsole(id: string, ofCheck: boolean, box: HTMLElement | null): ConsoleHandle {
  const [terminal, setTerminal] = useState<ConsoleTerminal | null>(null)
  const [feed, setFeed] = useState<FeedState | null>(null)
  const [found, setFound] = useState<Found>({ at: 0, of: 0 })
  const [following, setFollowing] = useState(true)
  const [turn, setTurn] = useState(0)
  const gate = useRef(openGate())
  const read = useCallback<ReadConsole>(
    (range, signal) => host().call('readConsole', { id, ...range, ...(ofCheck && { ofCheck }) }, signal),
    [id, ofCheck],
  )

  const follow = useCallback((on: boolean) => {
    setFollowing(on)
    gate.current.set(on)
  }, [])

  useEffect(() => {
    if (!box) return
    const opened = openTerminal(box)
    opened.onFound(setFound)
    opened.onMoved((atEnd) => follow(atEnd))
    setTerminal(opened)
    return () => {
      setTerminal(null)
      opened.dispose()
    }
  }, [box, follow])

  useEffect(() => {
    if (!terminal) return
    const stop = new AbortController()
    terminal.clear()
    void feedConsole(read, terminal, gate.current.passed, setFeed, stop.signal)
    return () => stop.abort()
  }, [terminal, read, turn])

  return {
    feed,
    following,
    found,
    terminal,
    read,
    again: () => setTurn(turn + 1),
    follow(on) {
      follow(on)
      if (on) terminal?.toEnd()
    },
  }
}

/** Lets through at once while it is open, and all who wait when it is opened. */
function openGate(): { set(open: boolean): void; passed(): Promise<void> } {
  let waiting: (() => void)[] = []
  let open = true
  return {
    set(now) {
      open = now
      if (!open) return
      for (const pass of waiting) pass()
      waiting = []
    },
    passed: () => (open ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  }
}
