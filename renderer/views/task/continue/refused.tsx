import type { Failure } from '../../../../main/core/failure.ts'
import type { TaskId } from '../../../../main/core/task/task.ts'
import { Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { usualAgent } from '../../../stores/draft.ts'
import { DraftButton } from '../../new-task/draft-button.tsx'
import { runAgain } from '../run-again.ts'
import { useContinueDraft } from './continue-drafts.ts'

/** Why a task does not go on, with the buttons that lead on in its place. */
export function Refused({ id, repo, failure }: { id: TaskId; repo: string; failure: Failure }) {
  const [{ text }] = useContinueDraft(id)
  switch (failure.code) {
    case 'task-ended':
      return (
        <Problem
          failure={{ ...failure, hint: 'Run it again from its beginning, or have a new task build on what it made.' }}
        >
          <span className="row">
            <Button tiny icon="again" busy="Starting…" onClick={() => runAgain({ id, repo })}>
              Run Again
            </Button>
            <DraftButton tiny draft={{ repo, description: text, agent: { ...usualAgent, base: id } }}>
              New Task on Its Work
            </DraftButton>
          </span>
        </Problem>
      )
    case 'cost-limit':
    case 'token-limit':
      return <Problem failure={{ ...failure, hint: 'Give it more room below.' }} />
    default:
      return <Problem failure={failure} />
  }
}
