import type { ReactNode } from 'react'
import type { TaskRow } from '../../../preload/live-state.ts'
import { adviceFor } from '../../advice.ts'
import { count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { addFolders } from '../../stores/adding.ts'
import { isNewHome } from '../../stores/guide.ts'
import { useIsDesktop, useSnapshot } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'

/** Where someone stands who has seen no task through yet: five steps, each with its own light. */
export function FirstRun() {
  const isDesktop = useIsDesktop()
  const setup = useAnswer('setup', {})
  const connected = useSnapshot(({ clients }) => clients.length > 0, false)
  const isNew = useSnapshot(isNewHome, true)
  const hasRepository = useSnapshot(({ repositories }) => repositories.length > 0, false)
  const task = useSnapshot(({ tasks }) => tasks.at(-1), undefined)
  const toFix = setup.status === 'ready' ? setup.value.problems.filter(({ optional }) => !optional).length : undefined
  return (
    <div className={isNew ? 'first' : 'first small'}>
      {isNew && (
        <header>
          <div className="ten" aria-hidden="true">
            {Array.from('0123456789', (digit) => (
              <i key={digit} />
            ))}
          </div>
          <h2>Ten slots, ready when you are</h2>
          <p>Each task gets its own machine and its own clone. Its commits come back by themselves.</p>
        </header>
      )}
      <ol className="card">
        <Step
          number={1}
          done={toFix === 0}
          title={toFix === 0 ? 'This host is ready' : 'Make this host ready'}
          action={
            <Button tiny look={toFix ? undefined : 'plain'} onClick={() => go({ view: 'setup' })}>
              {toFix ? 'Fix' : 'Show'}
            </Button>
          }
        >
          <p>{hostText(toFix, setup.status === 'failed')}</p>
        </Step>
        <Step
          number={2}
          done={hasRepository}
          title={hasRepository ? 'A repository is registered' : 'Add a repository'}
          action={
            <Button
              look={hasRepository ? undefined : 'primary'}
              data-first-focus={isNew ? '' : undefined}
              onClick={() => addFolders(isDesktop)}
            >
              {isDesktop ? 'Add Folder…' : 'Add…'}
            </Button>
          }
        >
          <p>
            {isDesktop ? 'Drop a folder anywhere on this window.' : 'Give the path of its folder.'} Its flake.nix, or
            what its files ask for, says which tools tasks find.
          </p>
        </Step>
        <Step number={3} done={connected} title={connected ? 'An agent has connected' : 'Connect Claude Code'}>
          <p>Run this once in a terminal.</p>
          {setup.status === 'ready' && <Command text={setup.value.mcpCommand} />}
        </Step>
        <Step number={4} done={task !== undefined} title={task ? 'A task was started' : 'Ask for something'}>
          <p>In Claude Code, say:</p>
          <div className="say-this">
            “Run three tasks in billing-api: fix the flaky login test, document the error codes, add retries to the
            webhook sender.”
          </div>
        </Step>
        <Step number={5} title="See its commits on your branch">
          <p>{task ? nextFor(task) : 'They come by themselves when the task has ended. This guide goes then.'}</p>
        </Step>
      </ol>
    </div>
  )
}

/** What stands between the newest task and its merge. */
const nextFor = (task: TaskRow): string =>
  adviceFor(task)?.next ?? 'They come by themselves when the task has ended. This guide goes then.'

function hostText(toFix: number | undefined, failed: boolean): string {
  if (failed) return 'It could not be checked.'
  if (toFix === undefined) return 'Checking…'
  return toFix === 0 ? 'Every check passes.' : `${count(toFix, 'thing')} to fix.`
}

interface StepProps {
  readonly number: number
  readonly title: string
  readonly done?: boolean
  readonly action?: ReactNode
  readonly children: ReactNode
}

function Step({ number, title, done, action, children }: StepProps) {
  return (
    <li>
      <span className={done ? 'step-number done' : 'step-number'}>
        {done ? <Icon name="check" size="small" /> : number}
      </span>
      <div className="grow">
        <b>{title}</b>
        {done && <span className="unseen"> (done)</span>}
        {children}
      </div>
      {action}
    </li>
  )
}
