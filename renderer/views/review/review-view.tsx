import { useState } from 'react'
import type { TaskId } from '../../../main/core/task/task.ts'
import type { Review } from '../../../preload/review.ts'
import { act } from '../../api.ts'
import { DiffPane } from '../../diff/diff-pane.tsx'
import { LayoutChoice } from '../../diff/layout-choice.tsx'
import { count } from '../../format.ts'
import { Blank, FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useLayout } from '../../stores/layout.ts'
import { useTask } from '../../stores/live.ts'
import { back, go, useChosen } from '../../stores/navigation.ts'
import { FileList } from '../task/changes/file-list.tsx'
import { sayMerge } from '../task/merge-now.ts'
import { CheckOutput } from './check-output.tsx'
import { EditMessage } from './edit-message.tsx'
import { Reject } from './reject.tsx'
import { ReviewCommits } from './review-commits.tsx'

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
  const layout = useLayout(({ diff }) => diff)
  const [left, setLeft] = useState(none)
  const [messages, setMessages] = useState<Readonly<Record<string, string>>>({})
  const [against, setAgainst] = useState<'start' | 'branch'>('start')
  const [path, setPath] = useChosen('file')
  const [asking, setAsking] = useState<'accept' | 'reject' | { readonly commit: string } | null>(null)
  const shown = against === 'branch' && onBranch.kind === 'merges' ? onBranch : review
  const file = shown.files.find((it) => it.path === path) ?? shown.files[0]
  const taken = commits.filter((commit) => !left.has(commit.id)).map((commit) => commit.id)
  const edited = Object.fromEntries(Object.entries(messages).filter(([commit]) => !left.has(commit)))
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
  const editing = typeof asking === 'object' && asking ? commits.find((commit) => commit.id === asking.commit) : null
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
        <Button
          look={doubts.length === 0 ? 'primary' : undefined}
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
        {onBranch.kind === 'merges' && (
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
      {review.check && <CheckOutput check={review.check} policy={review.policy} />}
      <div className="review">
        <div className="review-side">
          <ReviewCommits
            commits={commits}
            left={left}
            messages={messages}
            onLeave={setLeft}
            onEdit={(commit) => setAsking({ commit })}
          />
          <FileList changes={shown} chosen={file?.path ?? ''} onChoose={setPath} />
        </div>
        {file ? (
          <DiffPane id={id} file={file} layout={layout} against={{ kind: against }} />
        ) : (
          <Blank icon="file" title="No file differs">
            All of it is on the branch already.
          </Blank>
        )}
      </div>
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
      {editing && (
        <EditMessage
          message={messages[editing.id] ?? editing.subject}
          onSave={(message) => setMessages((held) => ({ ...held, [editing.id]: message }))}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  )
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
