import { environmentText } from '../../../main/core/environment/environment.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'
import { bytes, cost, count } from '../../format.ts'
import { Problem } from '../../parts/blank.tsx'
import { copyAndSay } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Path } from '../../parts/path.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { isRunning } from '../../parts/states.ts'
import { TitleText } from '../../parts/text/title-text.tsx'
import { writeTask } from '../../stores/draft.ts'
import { useSnapshot } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'
import { setUpRepository } from '../../stores/set-up.ts'
import { mergeText } from './merge-text.ts'

interface Props {
  readonly repository: RepositoryRow
  /** Null until it is known. */
  readonly diskBytes: number | null
  readonly onRemove: () => void
  readonly onPolicy: () => void
}

export function Repository({ repository, diskBytes, onRemove, onPolicy }: Props) {
  const { alias, path, branch, problem, environment, mergePolicy, pullRequests, tasks, costUsd } = repository
  const running = useSnapshot((it) => it.tasks.filter((task) => task.repo === alias && isRunning(task)).length, 0)
  return (
    <li className="repository">
      <div className="who">
        <Icon name="repo" />
        <div className="grow">
          <button
            type="button"
            className="plain-link"
            data-repository={alias}
            title={alias}
            onClick={() => go({ view: 'repository', alias })}
          >
            <b className="cut">{alias}</b>
          </button>
          <small>
            <Path path={path} />
          </small>
        </div>
        {environment.kind !== 'auto' && (
          <span className="chip" title={`Tasks work in: ${environmentText(environment)}`}>
            {environment.kind === 'folder' ? 'own flake' : environment.kind}
          </span>
        )}
        {mergePolicy.kind !== 'auto' && (
          <span className="chip" title={`Tasks are merged ${mergeText(repository)}`}>
            {pullRequests !== undefined
              ? 'pull requests'
              : mergePolicy.kind === 'review'
                ? 'after review'
                : 'after check'}
          </span>
        )}
        {running > 0 && <span className="chip accent">{running} running</span>}
      </div>
      <span className="row small second">
        <Icon name="branch" size="small" />
        <span className="mono cut" title={branch ?? undefined}>
          {branch ?? 'no branch'}
        </span>
      </span>
      <LastTask repository={repository} />
      <span className="figure small">
        {diskBytes === null ? <span className="third">–</span> : bytes(diskBytes)}
        <small>
          {count(tasks, 'task')}
          {costUsd > 0 && `, ${cost(costUsd)}`}
        </small>
      </span>
      <Menu
        plain
        label={`Actions for ${alias}`}
        items={[
          { icon: 'repo', word: 'Open', onChoose: () => go({ view: 'repository', alias }) },
          { icon: 'plus', word: 'New Task', onChoose: () => writeTask(alias) },
          { icon: 'gear', word: 'Let Claude Set It Up', onChoose: () => void setUpRepository(alias) },
          { icon: 'copy', word: 'Copy Path', onChoose: () => void copyAndSay(path, 'the path') },
          { icon: 'merge', word: 'When to Merge…', onChoose: onPolicy },
          { icon: 'trash', word: 'Remove from List…', onChoose: onRemove },
        ]}
      />
      {problem && <Problem failure={problem} />}
    </li>
  )
}

function LastTask({ repository }: { repository: RepositoryRow }) {
  const task = useSnapshot(({ tasks }) => tasks.findLast(({ id }) => id === repository.lastTask), undefined)
  if (!task) return <span className="small third">None yet</span>
  return (
    <button type="button" className="plain-link" data-task={task.id} onClick={() => go({ view: 'task', id: task.id })}>
      <StateLabel state={task.state} />
      <span className="unseen">: </span>
      <small className="cut" title={task.title}>
        <TitleText text={task.title} />
      </small>
    </button>
  )
}
