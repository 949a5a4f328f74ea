import type { ReactNode } from 'react'
import { count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { addFolders } from '../../stores/adding.ts'
import { useIsDesktop, useSnapshot } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'

/** Where someone stands who has done nothing yet: four steps, each with its own light. */
export function FirstRun() {
  const isDesktop = useIsDesktop()
  const setup = useAnswer('setup', {})
  const connected = useSnapshot(({ clients }) => clients.some((client) => client.connected), false)
  const toFix = setup.status === 'ready' ? setup.value.problems.filter(({ optional }) => !optional).length : undefined
  return (
    <div className="first">
      <header>
        <div className="ten" aria-hidden="true">
          {Array.from('0123456789', (digit) => (
            <i key={digit} />
          ))}
        </div>
        <h2>Ten slots, ready when you are</h2>
        <p>Each task gets its own machine and its own clone. Its commits come back by themselves.</p>
      </header>
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
          title="Add a repository"
          action={
            <Button look="primary" data-first-focus onClick={() => addFolders(isDesktop)}>
              {isDesktop ? 'Add Folder…' : 'Add…'}
            </Button>
          }
        >
          <p>
            {isDesktop ? 'Drop a folder anywhere on this window.' : 'Give the path of its folder.'} It needs a
            flake.nix.
          </p>
        </Step>
        <Step number={3} done={connected} title={connected ? 'An agent is connected' : 'Connect Claude Code'}>
          <p>Run this once in a terminal.</p>
          {setup.status === 'ready' && <Command text={setup.value.mcpCommand} />}
        </Step>
        <Step number={4} title="Ask for something">
          <p>In Claude Code, say:</p>
          <div className="say-this">
            “Run three tasks in billing-api: fix the flaky login test, document the error codes, add retries to the
            webhook sender.”
          </div>
        </Step>
      </ol>
    </div>
  )
}

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
