import { Fragment } from 'react'
import { type Failure, failureText } from '../../../main/core/failure.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import type { TaskDetails } from '../../../preload/task-details.ts'
import { adviceFor } from '../../advice.ts'
import { count, exactTime, tokens } from '../../format.ts'
import { Blank, Loading } from '../../parts/blank.tsx'
import { Command } from '../../parts/copy.tsx'
import { FileNames } from '../../parts/file-names.tsx'
import { Icon } from '../../parts/icon.tsx'
import { lookOf } from '../../parts/states.ts'
import { AgentText } from '../../parts/text/agent-text.tsx'
import { withMarks } from '../../parts/text/with-marks.tsx'
import { CheckOutput } from '../review/check-output.tsx'
import { FailurePath } from './failure/failure-path.tsx'
import { Landing } from './landing/landing.tsx'
import { landingOf } from './landing/landing-of.ts'
import { StatementLine } from './landing/statement-line.tsx'
import { RequestGroup } from './request/request-group.tsx'

/** How it ended, what is to be done, and what the agent says of it. */
export function ResultTab({ row, details }: { row: TaskRow; details: TaskDetails | null }) {
  if (landingOf(row)) return <Landing row={row} />
  if (row.state.phase !== 'finished') {
    return (
      <Blank icon="clock" title="No result yet">
        The agent writes it when it is done. Commits so far are saved to refs/tasks/{row.id} when the machine is off,
        however the task ends.
      </Blank>
    )
  }
  if (!details) return <Loading what="Reading the result…" />
  return (
    <div className="scroll">
      <div className="page">
        <Verdict row={row} details={details} />
        {row.state.outcome === 'failed' ? <FailurePath row={row} details={details} /> : <Advised row={row} />}
        <RequestGroup row={row} />
        <CheckedAgain details={details} />
        {details.summary && (
          <section className="group">
            <h2>What the agent says</h2>
            <div className="card padded">
              <AgentText text={details.summary} />
            </div>
          </section>
        )}
        {details.notes.length > 0 && (
          <section className="group">
            <h2>Notes</h2>
            <ul className="card">
              {details.notes.map((note) => (
                <li key={note} className="padded prose">
                  {withMarks(note)}
                </li>
              ))}
            </ul>
          </section>
        )}
        {details.also.length > 0 && (
          <section className="group">
            <h2>Also kept</h2>
            <dl className="facts-list card padded">
              {details.also.map(({ ref, from }) => (
                <Fragment key={ref}>
                  <dt>{from}</dt>
                  <dd className="mono">{ref}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        )}
        <section className="group">
          <h2>Task</h2>
          <div className="card">
            <div className="padded prose">{withMarks(details.description)}</div>
            <Particulars row={row} details={details} />
          </div>
        </section>
      </div>
    </div>
  )
}

/** The check of the work as it came onto the branch, or would have. */
function CheckedAgain({ details: { merge, branch } }: { details: TaskDetails }) {
  if (!merge || merge.kind === 'unchanged' || !merge.check) return null
  return (
    <section className="group">
      <h2>Checked again on {branch ?? 'the branch'}</h2>
      <div className="card">
        <CheckOutput check={merge.check} command={merge.check.command} />
      </div>
    </section>
  )
}

function Verdict({ row, details }: { row: TaskRow; details: TaskDetails }) {
  const { icon, word, tone } = lookOf(row.state)
  return (
    <section className="card verdict" aria-label="Outcome">
      <span className={tone === 'live' ? 'accent' : tone}>
        <Icon name={icon} />
      </span>
      <b>{word}</b>
      <span className="small second">{row.finishedAt && exactTime(row.finishedAt)}</span>
      <VerdictText text={verdictOf(row, details)} />
    </section>
  )
}

/** Lines of a program stay lines. */
const VerdictText = ({ text }: { text: string }) =>
  text.includes('\n') ? <pre className="output">{withMarks(text)}</pre> : <p>{withMarks(text)}</p>

/** What to do is a line of its own below the lines of a program. */
const linesOf = (failure: Failure): string =>
  failure.hint && failure.message.includes('\n') ? `${failure.message}\n${failure.hint}` : failureText(failure)

function verdictOf(row: TaskRow, { merge, failure, also }: TaskDetails): string {
  if (row.state.phase !== 'finished') return ''
  if (failure && row.state.outcome !== 'merged') return linesOf(failure)
  if (merge?.kind === 'merged') return `${count(merge.commits, 'commit')} on ${merge.branch}, by ${merge.method}.`
  if (merge?.kind === 'unchanged' && also.length > 0)
    return 'Its branch has nothing to merge. What it made elsewhere is kept at refs of its own, listed below.'
  if (merge?.kind === 'unchanged') return 'It made no changes, so there is nothing to merge.'
  return row.state.detail
}

function Advised({ row }: { row: TaskRow }) {
  const advice = adviceFor(row)
  if (!advice || row.state.phase !== 'finished') return null
  return (
    <section className="group">
      <h2>What to do</h2>
      <div className="card">
        <p className="padded">
          {advice.what} {advice.next} Your checkout is unchanged.
        </p>
        {advice.commands.map((command) => (
          <div key={command} className="padded">
            <Command text={command} />
          </div>
        ))}
      </div>
      {row.state.files.length > 0 && (
        <div className="spaced">
          <FileNames state={row.state} />
        </div>
      )}
    </section>
  )
}

function Particulars({ row, details }: { row: TaskRow; details: TaskDetails }) {
  const { usage } = row
  return (
    <dl className="facts-list">
      <dt>Task</dt>
      <dd className="mono">{row.id}</dd>
      <dt>Repository</dt>
      <dd className="mono">{details.repoPath}</dd>
      <dt>Folder</dt>
      <dd className="mono">{details.folder}</dd>
      {row.ref !== null && (
        <>
          <dt>Work kept at</dt>
          <dd className="mono">{row.ref}</dd>
        </>
      )}
      {row.state.phase === 'finished' && row.state.outcome === 'merged' && <StatementLine id={row.id} />}
      {usage && (
        <>
          <dt>Agent</dt>
          <dd>
            {count(usage.turns, 'turn')}, {tokens(usage.inputTokens)} tokens in, {tokens(usage.outputTokens)} out
          </dd>
        </>
      )}
    </dl>
  )
}
