import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { AttemptColumn, AttemptsView as Attempts } from '../../../preload/attempts.ts'
import type { Snapshot } from '../../../preload/live-state.ts'
import { cost, count } from '../../format.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useSnapshot, useTasks } from '../../stores/live.ts'
import { moneyTaken } from '../../taken.ts'
import { CheckOutput } from '../review/check-output.tsx'
import { AttemptsTable } from './attempts-table.tsx'
import { ChangedFiles } from './changed-files.tsx'
import { Choose } from './choose.tsx'
import { JudgeCard } from './judge-card.tsx'

/** Several attempts at one task beside each other: what each made, cost and came to, and the choice among them. */
export function AttemptsView({ id }: { id: TaskId }) {
  const answer = useAnswer('attempts', { id }, useSnapshot(versionOf, ''))
  const live = useTasks()
  const [asking, setAsking] = useState<AttemptColumn | null>(null)
  if (answer.status !== 'ready') {
    return (
      <>
        <ToolBar title="Attempts" canGoBack />
        {answer.status === 'failed' ? (
          <FailureBlank failure={answer.failure} again={answer.again} />
        ) : (
          <Loading what="Comparing the attempts…" />
        )}
      </>
    )
  }
  const { choice, judge } = answer.value
  // What runs moves on between two answers.
  const attempts = answer.value.attempts.map((it) => ({
    ...it,
    row: live.find((row) => row.id === it.row.id) ?? it.row,
  }))
  const spent = [...attempts, ...(judge ? [judge] : [])].reduce((sum, { row }) => sum + (moneyTaken(row) ?? 0), 0)
  const checked = attempts.filter(({ check }) => check !== null)
  return (
    <>
      <ToolBar
        title={attempts[0]?.row.title || 'Attempts'}
        about={[count(attempts.length, 'attempt'), spent > 0 && cost(spent)].filter(Boolean).join(' · ')}
        canGoBack
      />
      <div className="console-note" role="status">
        {wordsOf(choice, attempts)}
      </div>
      <div className="scroll wide-page attempts">
        <AttemptsTable attempts={attempts} current={id} choice={choice} onChoose={setAsking} />
        {judge && <JudgeCard judge={judge} />}
        {checked.length > 0 && (
          <section className="group" aria-label="What the checks printed">
            <h2>What the checks printed</h2>
            {checked.map(({ number, row, check }) => (
              <div key={row.id} className="card">
                <h3 className="padded small">Attempt {number}</h3>
                {check && <CheckOutput check={check} command={null} />}
              </div>
            ))}
          </section>
        )}
        <ChangedFiles attempts={attempts} />
      </div>
      {asking && <Choose attempt={asking} others={attempts.length - 1} onClose={() => setAsking(null)} />}
    </>
  )
}

/** Changes with whatever moves attempts and their judges on. */
const versionOf = ({ tasks }: Snapshot): string =>
  tasks
    .flatMap(({ id, attempt, state, ref }) =>
      attempt ? [`${id} ${attempt.text} ${attempt.as} ${state.phase} ${ref} ${'reason' in state && state.reason}`] : [],
    )
    .join()

function wordsOf(choice: Attempts['choice'], attempts: readonly AttemptColumn[]): string {
  const chosen = attempts.find(({ row }) => row.attempt?.as === 'chosen')
  switch (choice) {
    case 'runs': {
      const ended = attempts.filter(({ row }) => row.state.phase === 'finished').length
      return `${ended} of ${attempts.length} have ended. When all have, one can be chosen.`
    }
    case 'judged':
      return 'Another task reads them and chooses. You can choose before it does.'
    case 'open':
      return 'All have ended, and none is merged. Compare what they made, then choose one.'
    case 'none':
      return 'None of them left work to merge by itself. You can choose one that left work all the same.'
    case 'chosen':
      return chosen
        ? `Attempt ${chosen.number} was chosen. What the others made is kept at their refs.`
        : 'One of them was chosen. What the others made is kept at their refs.'
    default:
      return choice satisfies never
  }
}
