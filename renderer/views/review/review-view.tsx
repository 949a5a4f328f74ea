import { type ReactNode, useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Review } from '../../../preload/review.ts'
import { act } from '../../api.ts'
import { LayoutChoice } from '../../diff/layout-choice.tsx'
import { count } from '../../format.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useTask } from '../../stores/live.ts'
import { back, go, useChosen } from '../../stores/navigation.ts'
import { useReviewComments } from '../../stores/review-comments.ts'
import { sayMerge } from '../task/merge-now.ts'
import { CheckOutput } from './check-output.tsx'
import { EditMessage } from './edit-message.tsx'
import { Reject } from './reject.tsx'
import { ReviewCommits } from './review-commits.tsx'
import { ReviewFiles } from './review-files.tsx'
import { SendComments } from './send-comments.tsx'

/** A person looks at the work that waits, and takes all of it, some of it, or none. */
export function ReviewView({ id }: { id: TaskId }) {
  const row = useTask(id)
  const title = row?.title ?? `Task ${id}`
  const answer = useAnswer('review', { id }, row?.ref)
  if (answer.status === 'ready') return <Shown key={answer.value.commit} id={id} title={title} review={answer.value} />
  return (
    <>
      <ToolBar title={title} canGoBack />
      {answer.status === 'failed' ? (
        <FailureBlank failure={answer.failure} again={answer.again} />
      ) : (
        <Loading what="Reading the commits…" />
      )}
    </>
  )
}

const none: ReadonlySet<string> = new Set()

function Shown({ id, title, review }: { id: TaskId; title: string; review: Review }) {
  const { commits, onBranch } = review
  const [left, setLeft] = useState(none)
  const [messages, setMessages] = useState<Readonly<Record<string, string>>>({})
  const [against, setAgainst] = useState<'start' | 'branch'>('start')
  const [commit, setCommit] = useChosen('commit')
  const [asking, setAsking] = useState<'accept' | 'reject' | 'send' | { readonly commit: string } | null>(null)
  const comments = useReviewComments(id).filter(({ text }) => text !== '')
  const one = commits.find((it) => it.id === commit) ?? null
  const shown = against === 'branch' && onBranch.kind === 'merges' ? onBranch : review
  const taken = commits.filter((it) => !left.has(it.id)).map((it) => it.id)
  const edited = Object.fromEntries(Object.entries(messages).filter(([it]) => !left.has(it)))
  const doubts = doubtsOf(review)
  const accept = async (): Promise<boolean> => {
    const merge = await act('acceptTask', {
      id,
      ...(left.size > 0 && { only: taken }),
      ...(Object.keys(edited).length > 0 && { messages: edited }),
    })
    if (!merge) return false
    sayMerge(merge)
    if (merge.merged) back()
    return true
  }
  const list = (
    <ReviewCommits
      commits={commits}
      left={left}
      messages={messages}
      shown={one?.id ?? null}
      onLeave={setLeft}
      onEdit={(it) => setAsking({ commit: it })}
      onShow={setCommit}
    />
  )
  const isMine = doubts.length === 0 && comments.length === 0
  return (
    <>
      <ToolBar title={title} about={`${count(commits.length, 'commit')}, ${count(review.fileCount, 'file')}`} canGoBack>
        <Button look="danger" onClick={() => setAsking('reject')}>
          Reject…
        </Button>
        {onBranch.kind === 'conflicts' && (
          <Button look="primary" icon="merge" onClick={() => go({ view: 'resolve', id })}>
            Resolve…
          </Button>
        )}
        {comments.length > 0 && (
          <Button look="primary" icon="say" onClick={() => setAsking('send')}>
            Send {count(comments.length, 'Comment')}…
          </Button>
        )}
        <Button
          look={isMine ? 'primary' : undefined}
          icon="check"
          busy="Merging…"
          disabled={taken.length === 0 || onBranch.kind === 'impossible'}
          onClick={() => (doubts.length === 0 ? accept() : setAsking('accept'))}
        >
          {left.size === 0 ? 'Accept All' : `Accept ${taken.length} of ${commits.length}`}
        </Button>
      </ToolBar>
      <div className="console-note">
        <span className="grow">{onBranchText(review)}</span>
        {onBranch.kind === 'merges' && one === null && (
          <Choice
            label="Compared with"
            value={against}
            options={[
              { value: 'start', word: 'Since the Start' },
              { value: 'branch', word: 'On the Branch Now' },
            ]}
            onChange={setAgainst}
          />
        )}
        <LayoutChoice />
      </div>
      {review.check && (
        <CheckOutput check={review.check} command={review.policy.kind === 'check' ? review.policy.command : null} />
      )}
      {one ? (
        <OneCommit key={one.id} id={id} work={review.commit} commit={one.id} list={list} />
      ) : (
        <ReviewFiles id={id} work={review.commit} changes={shown} against={{ kind: against }} list={list} />
      )}
      {asking === 'accept' && (
        <Dialog
          title="Accept it all the same?"
          confirm="Accept"
          danger
          onClose={() => setAsking(null)}
          onConfirm={accept}
        >
          {doubts.map((doubt) => (
            <p key={doubt} className="second">
              {doubt}
            </p>
          ))}
        </Dialog>
      )}
      {asking === 'reject' && <Reject id={id} onClose={() => setAsking(null)} />}
      {asking === 'send' && <SendComments id={id} comments={comments} onClose={() => setAsking(null)} />}
      {typeof asking === 'object' && asking && (
        <EditMessage
          id={id}
          commit={asking.commit}
          written={messages[asking.commit] ?? null}
          onSave={(message) => setMessages((held) => ({ ...held, [asking.commit]: message }))}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  )
}

/** One commit by itself, with its whole message. */
function OneCommit(props: { id: TaskId; work: string; commit: string; list: ReactNode }) {
  const { id, work, commit, list } = props
  const answer = useAnswer('reviewCommit', { id, commit })
  const about = answer.status === 'ready' ? <CommitMessage message={answer.value.message} /> : null
  if (answer.status === 'ready') {
    return (
      <ReviewFiles
        id={id}
        work={work}
        changes={answer.value}
        against={{ kind: 'commit', id: commit }}
        list={
          <>
            {list}
            {about}
          </>
        }
      />
    )
  }
  return (
    <div className="review">
      <div className="review-side">{list}</div>
      {answer.status === 'failed' ? (
        <FailureBlank failure={answer.failure} again={answer.again} />
      ) : (
        <Loading what="Reading the commit…" />
      )}
    </div>
  )
}

/** What stands below the subject. */
function CommitMessage({ message }: { message: string }) {
  const body = message.split('\n').slice(1).join('\n').trim()
  if (body === '') return null
  return <p className="commit-body prose small second">{body}</p>
}

/** Why a person may not want this on the branch as it is. */
function doubtsOf(review: Review): readonly string[] {
  const { check, onBranch } = review
  return [
    ...(check && check.exitCode !== 0 ? ['Its check failed. What the check printed is above the files.'] : []),
    ...(onBranch.kind === 'conflicts'
      ? [`${onBranchText(review)} Then nothing is merged; Resolve… settles that.`]
      : []),
  ]
}

function onBranchText({ branch, onBranch }: Review): string {
  const name = branch ?? 'the branch'
  switch (onBranch.kind) {
    case 'merges':
      return `It comes onto ${name} as it is now.`
    case 'conflicts':
      return `It collides with ${name} as it is now, in ${count(onBranch.files.length, 'file')}.`
    case 'impossible':
      return onBranch.why === 'branch_gone'
        ? 'The branch that it started from no longer exists; merge its ref where you want it.'
        : 'It has merge commits, which a rebase would mangle; merge its ref as it is.'
    default:
      return onBranch satisfies never
  }
}
