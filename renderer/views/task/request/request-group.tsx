import { useState } from 'react'
import { unreachable } from '../../../../main/core/unreachable.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import type { RequestView } from '../../../../preload/request.ts'
import { count, exactTime } from '../../../format.ts'
import { OutsideLink } from '../../../markdown/outside-link.tsx'
import { Button } from '../../../parts/button.tsx'
import { Icon } from '../../../parts/icon.tsx'
import { withMarks } from '../../../parts/text/with-marks.tsx'
import { useAnswer } from '../../../parts/use-answer.ts'
import { AnswerComments } from './answer-comments.tsx'
import { textOfAnswer } from './text-of-answer.ts'

/** Of the newest comments so many are shown. */
const shownComments = 50

/** The request for a task's work at its forge: how it stands, what was said there, and a way to have the agent answer. Nothing where there is none. */
export function RequestGroup({ row }: { row: TaskRow }) {
  const answer = useAnswer('request', { id: row.id }, `${row.state.phase} ${row.request?.text}`)
  if (answer.status === 'failed') return <p className="bad">{answer.failure.message}</p>
  const view = answer.status === 'ready' ? answer.value.request : null
  return view && <Shown row={row} view={view} />
}

function Shown({ row, view }: { row: TaskRow; view: RequestView }) {
  const { project, branch, target, request, problem, notBefore, comments } = view
  const [asking, setAsking] = useState<string | null>(null)
  const text = textOfAnswer(view, row.startedAt)
  return (
    <section className="group" aria-label="Pull request">
      <h2>Pull request</h2>
      <div className="card">
        <div className="row padded request-head">
          {request ? (
            <OutsideLink address={request.url}>
              {project} {request.number}
            </OutsideLink>
          ) : (
            <b>Not opened yet at {project}</b>
          )}
          {request && <span className={`chip ${tones[request.state]}`}>{words[request.state]}</span>}
          <Checks view={view} />
          <span className="grow" />
          {text !== null && row.state.phase === 'finished' && (
            <Button icon="say" onClick={() => setAsking(text)}>
              Answer…
            </Button>
          )}
        </div>
        <div className="padded second small">
          <span className="mono">{branch}</span> into <span className="mono">{target}</span>
          {request && `. ${meaning(request.state)}`}
        </div>
        {problem !== null && (
          <div className="padded">
            <p className="bad">The last try failed: {problem}</p>
            {notBefore !== null && <p className="second small">The next one is at {exactTime(notBefore)}.</p>}
          </div>
        )}
        {view.failedChecks !== null && (
          <div className="padded">
            <span className="second">Checks that failed: </span>
            {withMarks(view.failedChecks)}
          </div>
        )}
      </div>
      {comments.length > 0 && <p>{count(comments.length, 'comment')}</p>}
      {comments.length > 0 && (
        <ol className="card" aria-label="Comments">
          {comments.slice(-shownComments).map(({ id, at, said }) => (
            <li key={id} className="padded">
              <time className="caption" dateTime={at}>
                {exactTime(at)}
              </time>
              <p className="prose">{withMarks(said)}</p>
            </li>
          ))}
        </ol>
      )}
      {asking !== null && <AnswerComments id={row.id} text={asking} onClose={() => setAsking(null)} />}
    </section>
  )
}

type State = NonNullable<RequestView['request']>['state']

const tones: Readonly<Record<State, string>> = { open: 'accent', merged: 'good', closed: 'warn' }
const words: Readonly<Record<State, string>> = { open: 'Open', merged: 'Merged there', closed: 'Closed there' }

function meaning(state: State): string {
  switch (state) {
    case 'open':
      return 'What the agent commits when it goes on comes onto the same branch.'
    case 'merged':
      return 'Your branch is as it was: fetch, and once it has the work, this task is settled.'
    case 'closed':
      return 'The work still waits here. When the task goes on and makes more, a new one is opened.'
    default:
      return unreachable(state)
  }
}

function Checks({ view: { checks, request } }: { view: RequestView }) {
  if (checks === null)
    return request?.state === 'open' ? <span className="second small">No checks ended yet</span> : null
  return (
    <span className={checks === 'passed' ? 'row good' : 'row bad'}>
      <Icon name={checks === 'passed' ? 'pass' : 'fail'} size="small" />
      {checks === 'passed' ? 'Checks passed' : 'Checks failed'}
    </span>
  )
}
