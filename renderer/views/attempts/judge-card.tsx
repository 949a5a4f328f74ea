import type { Judge } from '../../../preload/attempts.ts'
import { cost } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { AgentText } from '../../parts/text/agent-text.tsx'
import { go } from '../../stores/navigation.ts'

/** The task that reads the attempts: what it says of them, and which one it names. */
export function JudgeCard({ judge: { row, said, choice } }: { judge: Judge }) {
  return (
    <section className="group" aria-label="The judge">
      <h2>The judge</h2>
      <div className="card">
        <div className="row padded">
          <StateLabel state={row.state} />
          <b className="grow">{verdict(row.state.phase === 'finished', choice)}</b>
          {row.usage && <span className="second small">{cost(row.usage.costUsd)}</span>}
          <Button tiny onClick={() => go({ view: 'task', id: row.id })}>
            Open
          </Button>
        </div>
        {said && (
          <div className="padded">
            <AgentText text={said} />
          </div>
        )}
      </div>
      <p>An agent wrote this about what agents wrote. Its choice goes no further than the repository’s policy.</p>
    </section>
  )
}

function verdict(hasEnded: boolean, choice: Judge['choice']): string {
  if (choice) return `It names attempt ${choice.number}`
  return hasEnded ? 'It names none of them' : 'It has not answered yet'
}
