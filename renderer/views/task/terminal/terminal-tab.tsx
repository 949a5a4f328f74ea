import { useState } from 'react'
import type { TaskRow } from '../../../../preload/live-state.ts'
import { Blank, Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { PreviewBar } from './preview-bar.tsx'
import { useShell } from './use-shell.ts'

/** A shell beside the agent. It is kept while another tab of the task is looked at. */
export function TerminalTab({ row, hidden }: { row: TaskRow; hidden: boolean }) {
  const { phase } = row.state
  return (
    <div className="tab-body wide" hidden={hidden}>
      {phase === 'working' || phase === 'waiting' ? (
        <OpenTerminal id={row.id} hidden={hidden} />
      ) : (
        <Blank icon="terminal" title={phase === 'finished' ? 'The machine is off' : 'The machine is not running yet'}>
          {phase === 'finished'
            ? 'Continue the task, and it has a machine again.'
            : 'A shell can be opened as soon as the task works.'}
        </Blank>
      )}
    </div>
  )
}

function OpenTerminal({ id, hidden }: { id: string; hidden: boolean }) {
  const [box, setBox] = useState<HTMLElement | null>(null)
  const { state, again } = useShell(id, box)
  return (
    <div className="pane">
      <PreviewBar id={id} hidden={hidden} />
      <div className="console-note">
        <span className="grow">
          You are the same user as the agent here, which can read what you type: never type a password or another
          secret. Ctrl-] leaves the terminal.
        </span>
      </div>
      {state.kind === 'failed' && (
        <Problem failure={state.failure}>
          <Button tiny onClick={again}>
            Try Again
          </Button>
        </Problem>
      )}
      <section ref={setBox} className="console" aria-label={`Terminal of task ${id}`} />
      {(state.kind === 'opening' || state.kind === 'ended') && (
        <div className="console-note below" role="status">
          <span className="grow">{state.kind === 'opening' ? 'Opening a shell…' : 'The shell has ended.'}</span>
          {state.kind === 'ended' && (
            <Button tiny onClick={again}>
              New Shell
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
