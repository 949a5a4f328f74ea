import { type ReactNode, useEffect } from 'react'
import type { HostProblem, Setup as SetupState } from '../../../preload/host.ts'
import { count } from '../../format.ts'
import { FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useKeyHint } from '../../parts/key-names.ts'
import { ProblemItem } from '../../parts/problem-item.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { Connect } from './connect.tsx'

/** What a task needs of this host, as a check list with cures; and how an agent is connected. */
export function Setup() {
  const answer = useAnswer('setup', {})
  const hint = useKeyHint('R')
  const { again } = answer
  useEffect(() => {
    if (hint === undefined) return
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'r' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      again()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  })
  return (
    <>
      <ToolBar title="Set-up" about={answer.status === 'ready' && summaryOf(answer.value)}>
        <Button icon="again" keys={hint} onClick={again}>
          Check Again
        </Button>
      </ToolBar>
      {answer.status === 'loading' && <Loading what="Checking this host…" />}
      {answer.status === 'failed' && <FailureBlank failure={answer.failure} again={again} />}
      {answer.status === 'ready' && (
        <div className="scroll">
          <div className="page">
            <ToFix problems={answer.value.problems} />
            <Connect setup={answer.value} />
            <Ready setup={answer.value} />
          </div>
        </div>
      )}
    </>
  )
}

function summaryOf({ problems }: SetupState): string {
  const needed = problems.filter(({ optional }) => !optional).length
  return needed === 0 ? 'Tasks can run' : `${count(needed, 'thing')} to fix before tasks can run`
}

function ToFix({ problems }: { problems: readonly HostProblem[] }) {
  if (problems.length === 0) return null
  const needed = problems.filter(({ optional }) => !optional)
  const optional = problems.filter((problem) => problem.optional)
  return (
    <>
      <Problems title="To fix" problems={needed} />
      <Problems title="Better with" problems={optional} />
    </>
  )
}

function Problems({ title, problems }: { title: string; problems: readonly HostProblem[] }) {
  if (problems.length === 0) return null
  return (
    <section className="group">
      <h2>{title}</h2>
      <ul className="card">
        {problems.map(({ code, ...problem }) => (
          <ProblemItem key={code} {...problem} />
        ))}
      </ul>
    </section>
  )
}

const tokenTexts: Readonly<Record<SetupState['token'], readonly [good: boolean, value: string]>> = {
  environment: [true, 'From the environment'],
  stored: [true, 'Stored, readable only by you'],
  missing: [false, 'Missing'],
  unsafe: [false, 'Others can read it'],
}

function Ready({ setup }: { setup: SetupState }) {
  const needed = setup.problems.filter(({ optional }) => !optional)
  const [tokenIsGood, tokenText] = tokenTexts[setup.token]
  return (
    <section className="group">
      <h2>{needed.length === 0 ? 'Ready' : 'State'}</h2>
      <ul className="card">
        <Check
          good={needed.length === 0}
          value={needed.length === 0 ? 'Nothing is missing' : count(needed.length, 'thing to fix', 'things to fix')}
        >
          This host
        </Check>
        <Check good={tokenIsGood} value={tokenText}>
          Token for Claude Code
        </Check>
        <Check good value={setup.mcpUrl}>
          MCP endpoint
        </Check>
      </ul>
    </section>
  )
}

function Check({ good, value, children }: { good: boolean; value: string; children: ReactNode }) {
  return (
    <li className="check">
      <span className={good ? 'good' : 'bad'}>
        <Icon name={good ? 'pass' : 'fail'} />
      </span>
      <div>{children}</div>
      <span className="value selectable">{value}</span>
    </li>
  )
}
