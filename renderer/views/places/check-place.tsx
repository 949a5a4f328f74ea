import { useState } from 'react'
import type { Failure } from '../../../main/core/failure.ts'
import type { PlaceProblem } from '../../../preload/places.ts'
import { host } from '../../api.ts'
import { Problem } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { ProblemItem } from '../../parts/problem-item.tsx'

type Checked =
  | { readonly kind: 'problems'; readonly problems: readonly PlaceProblem[] }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** Asks the place what it lacks, which takes seconds. */
export function CheckPlace({ name }: { name: string }) {
  const [checked, setChecked] = useState<Checked | null>(null)
  const check = async (): Promise<void> => {
    const reply = await host().call('checkPlace', { place: name })
    setChecked(
      reply.ok ? { kind: 'problems', problems: reply.value.problems } : { kind: 'failed', failure: reply.failure },
    )
  }
  return (
    <>
      <div className="setting">
        <div>
          <span className="label">What it lacks for a task</span>
          {checked?.kind === 'problems' && (
            <small role="status">{checked.problems.length === 0 ? 'Nothing: tasks can run there.' : ''}</small>
          )}
        </div>
        <Button icon="checks" busy="Checking…" onClick={check}>
          Check {name}
        </Button>
      </div>
      {checked?.kind === 'failed' && <Problem failure={checked.failure} />}
      {checked?.kind === 'problems' && checked.problems.length > 0 && (
        <ul>
          {checked.problems.map((problem) => (
            <ProblemItem key={problem.message} {...problem} />
          ))}
        </ul>
      )}
    </>
  )
}
