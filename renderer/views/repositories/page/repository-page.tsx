import { useState } from 'react'
import { environmentText } from '../../../../main/core/environment/environment.ts'
import type { RepositoryRow } from '../../../../preload/live-state.ts'
import type { RepositoryDetails } from '../../../../preload/repository.ts'
import { bytes, cost, count } from '../../../format.ts'
import { Blank, FailureBlank, Problem } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { Command } from '../../../parts/copy.tsx'
import { type Answer, useAnswer } from '../../../parts/use-answer.ts'
import { ToolBar } from '../../../shell/tool-bar.tsx'
import { writeTask } from '../../../stores/draft.ts'
import { useSettings, useSnapshot } from '../../../stores/live.ts'
import { go } from '../../../stores/navigation.ts'
import { setUpRepository } from '../../../stores/set-up.ts'
import { EnvironmentDialog } from '../environment-dialog.tsx'
import { MergePolicyDialog } from '../merge-policy-dialog.tsx'
import { mergeText } from '../merge-text.ts'
import { EgressGroup } from './egress-group.tsx'
import { RepositoryTasks } from './repository-tasks.tsx'

/** One repository: its tasks and what they cost, when they are merged, what they reach, and what they work in. */
export function RepositoryPage({ alias }: { alias: string }) {
  const row = useSnapshot(({ repositories }) => repositories.find((it) => it.alias === alias), undefined)
  if (!row) {
    return (
      <>
        <ToolBar title={alias} canGoBack />
        <Blank
          icon="repo"
          title="This repository is not registered"
          actions={<Button onClick={() => go({ view: 'repositories' })}>Show Repositories</Button>}
        >
          It was removed from the list, or was never on it.
        </Blank>
      </>
    )
  }
  return <Known row={row} />
}

function Known({ row }: { row: RepositoryRow }) {
  const { alias, path, branch, problem, tasks, costUsd } = row
  const [deciding, setDeciding] = useState(false)
  const details = useAnswer('repository', { alias }, `${row.lastTask} ${tasks}`)
  const about = [branch ?? 'no branch', count(tasks, 'task'), costUsd > 0 && cost(costUsd)].filter(Boolean).join(' · ')
  return (
    <>
      <ToolBar title={alias} about={about} canGoBack>
        <Button icon="history" onClick={() => go({ view: 'history', chosen: { repo: alias } })}>
          History
        </Button>
        <Button look="primary" icon="plus" disabled={problem !== null} onClick={() => writeTask(alias)}>
          New Task
        </Button>
      </ToolBar>
      <div className="scroll">
        <div className="page">
          {problem && <Problem failure={problem} />}
          <RepositoryTasks alias={alias} version={`${row.lastTask} ${tasks}`} />
          <EgressGroup row={row} details={details.status === 'ready' ? details.value : null} />
          {details.status === 'failed' && <FailureBlank failure={details.failure} again={details.again} />}
          <section className="group">
            <h2>Merging</h2>
            <div className="card">
              <div className="setting">
                <div>
                  <span className="label">Work is merged {mergeText(row)}</span>
                </div>
                <Button onClick={() => setDeciding(true)}>Change…</Button>
              </div>
            </div>
          </section>
          <Environment row={row} />
          <Places path={path} alias={alias} details={details} />
        </div>
      </div>
      {deciding && <MergePolicyDialog repository={row} onClose={() => setDeciding(false)} />}
    </>
  )
}

/** What its tasks work in, and on what machines. */
function Environment({ row }: { row: RepositoryRow }) {
  const settings = useSettings()
  const [choosing, setChoosing] = useState(false)
  return (
    <section className="group">
      <h2>Environment</h2>
      <div className="card">
        <div className="setting">
          <div>
            <span className="label">Tools</span>
            <small>What its tasks work in: {environmentText(row.environment)}</small>
          </div>
          <Button onClick={() => setChoosing(true)}>Change Tools…</Button>
        </div>
        <div className="setting">
          <div>
            <span className="label">Set up by Claude</span>
            <small>A task writes a flake or a dev container, tries it, and waits for your review.</small>
          </div>
          <Button onClick={() => void setUpRepository(row.alias)}>Let Claude Set It Up</Button>
        </div>
        {settings && (
          <div className="setting">
            <div>
              <span className="label">Machine</span>
              <small>The same for all repositories, as the settings say.</small>
            </div>
            <span className="second small">
              {settings.memoryMiB.toLocaleString('en')} MiB, {count(settings.cpus, 'processor')}
            </span>
          </div>
        )}
      </div>
      {choosing && <EnvironmentDialog repository={row} onClose={() => setChoosing(false)} />}
    </section>
  )
}

function Places(props: { path: string; alias: string; details: Answer<RepositoryDetails> }) {
  const { path, alias, details } = props
  const usage = useAnswer('diskUsage', {})
  const size = usage.status === 'ready' ? usage.value.byRepository[alias] : undefined
  return (
    <section className="group">
      <h2>Places</h2>
      <div className="card">
        <div className="padded">
          <p className="small second">The repository</p>
          <Command entry text={path} what="path of the repository" />
        </div>
        {details.status === 'ready' && (
          <div className="padded">
            <p className="small second">Folders of its tasks{size !== undefined && `, ${bytes(size)} in all`}</p>
            <Command entry text={details.value.tasksFolder} what="folder of the tasks" />
          </div>
        )}
      </div>
    </section>
  )
}
