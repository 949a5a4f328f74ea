import { useEffect, useState } from 'react'
import { host } from '../../../api.ts'
import { runShell, type ShellCalls, type ShellState } from '../../../stores/shell-feed.ts'
import { openShellTerminal } from '../../../terminal/shell-terminal.ts'

/** A shell in the task's machine in the box, as long as it is there; `again` opens another one. */
export function useShell(id: string, box: HTMLElement | null): { readonly state: ShellState; again(): void } {
  const [state, setState] = useState<ShellState>({ kind: 'opening' })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (!box) return
    const stop = new AbortController()
    const terminal = openShellTerminal(box, `Shell in the machine of task ${id}, number ${turn + 1}`, focusTabs)
    if (turn > 0) terminal.focus()
    void runShell(callsFor(id), terminal, setState, stop.signal)
    return () => {
      stop.abort()
      terminal.dispose()
    }
  }, [id, box, turn])
  return { state, again: () => setTurn(turn + 1) }
}

const callsFor = (id: string): ShellCalls => ({
  open: (size) => host().call('openShell', { id, ...size }),
  read: (shell, after, signal) => host().call('readShell', { shell, after }, signal),
  write: (shell, data) => host().call('writeShell', { shell, data }),
  resize: (shell, size) => host().call('resizeShell', { shell, ...size }),
  close: (shell) => host().call('closeShell', { shell }),
})

const focusTabs = (): void => document.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus()
