import type { StatementSeen } from '../../../../main/core/statement-seen.ts'
import type { TaskId } from '../../../../main/core/task/task.ts'
import { Button } from '../../../parts/button.tsx'
import { Command } from '../../../parts/copy.tsx'
import { Icon } from '../../../parts/icon.tsx'
import { useAnswer } from '../../../parts/use-answer.ts'

/** Whether this home signed where the task's commit is from, and what it signed holds. */
export function StatementLine({ id }: { id: TaskId }) {
  const answer = useAnswer('statement', { id })
  if (answer.status === 'loading') return null
  return (
    <>
      <dt>Statement</dt>
      <dd>{answer.status === 'failed' ? answer.failure.message : <Seen seen={answer.value} again={answer.again} />}</dd>
    </>
  )
}

function Seen({ seen, again }: { seen: StatementSeen; again: () => void }) {
  switch (seen.kind) {
    case 'none':
      return (
        <span className="row">
          None is written yet.
          <Button tiny onClick={again}>
            Look Again
          </Button>
        </span>
      )
    case 'good':
      return (
        <>
          <span className="row good">
            <Icon name="pass" size="small" />
            Signed and verified
          </span>
          <span>
            Commit <span className="mono">{seen.commit.slice(0, 12)}</span>, key{' '}
            <span className="mono">{seen.keyId.slice(0, 16)}</span>
          </span>
          <Command text={`microvm-orchestrator verify ${seen.commit.slice(0, 12)}`} />
        </>
      )
    case 'bad':
      return (
        <span className="bad">
          What lies in the place of one of {seen.commit.slice(0, 12)} is not signed by this home’s key, or is of another
          task.
        </span>
      )
    default:
      return seen satisfies never
  }
}
