import type { Snapshot } from '../../../preload/live-state.ts'
import type { PlaceView } from '../../../preload/places.ts'
import { count } from '../../format.ts'
import { Blank, FailureBlank, Loading } from '../../parts/blank.tsx'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { StateLabel } from '../../parts/state-label.tsx'
import { TitleText } from '../../parts/text/title-text.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useSnapshot, useTasks } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'
import { CheckPlace } from './check-place.tsx'

const addLine = 'microvm-orchestrator places add desk --ssh me@workstation'

/** The other machines that run tasks for this host: what each has of them, what waits there and why, and what it lacks. */
export function Places() {
  const answer = useAnswer('places', {}, useSnapshot(versionOf, ''))
  const places = answer.status === 'ready' ? answer.value.places : null
  return (
    <>
      <ToolBar title="Places" about={places && places.length > 0 && count(places.length, 'place')}>
        <Button icon="again" onClick={answer.again}>
          Look Again
        </Button>
      </ToolBar>
      {answer.status === 'failed' && <FailureBlank failure={answer.failure} again={answer.again} />}
      {answer.status === 'loading' && <Loading what="Reading the places…" />}
      {places?.length === 0 && (
        <Blank icon="globe" title="No places yet">
          A place is another machine that runs tasks for this one, such as a workstation that ssh leads to. Add one in a
          terminal:
          <Command text={addLine} />
        </Blank>
      )}
      {places && places.length > 0 && (
        <div className="scroll">
          <div className="page">
            {places.map((place) => (
              <Place key={place.name} place={place} />
            ))}
          </div>
        </div>
      )}
    </>
  )
}

/** Changes with whatever begins, waits or ends at a place. */
const versionOf = ({ tasks }: Snapshot): string =>
  tasks
    .flatMap(({ id, place, state }) => {
      if (place === undefined || state.phase === 'finished') return []
      return [`${id}${state.phase}${state.phase === 'queued' ? state.blocked : ''}`]
    })
    .join()

function Place({ place }: { place: PlaceView }) {
  const { name, kind, host: leads, job, key, running, waiting, free, away, tasks } = place
  const wishes = Object.entries(job).map(([option, value]) => `${option} ${value}`)
  const facts = [`${running} busy`, `${waiting} waiting`, free === null ? null : `${free} free`]
  const all = useTasks()
  return (
    <section className="group" aria-label={name}>
      <h2>{name}</h2>
      <div className="card">
        <div className="setting">
          <div>
            <span className="label">{facts.filter(Boolean).join(' · ')}</span>
            <small>
              {[kind, leads ?? 'by commands of this host', ...wishes, ...(key === 'node' ? ['key there'] : [])].join(
                ', ',
              )}
            </small>
          </div>
          <Button onClick={() => go({ view: 'history', chosen: { place: name } })}>History</Button>
        </div>
        {away !== null && (
          <p className="row padded warn" role="status">
            <Icon name="needs" size="small" />
            <span>Away: {away}</span>
          </p>
        )}
        {tasks.length > 0 && (
          <ul className="task-lines" aria-label={`Tasks at ${name}`}>
            {tasks.map(({ id, node, why }) => {
              const row = all.find((one) => one.id === id)
              return (
                <li key={id}>
                  <button type="button" data-task={id} onClick={() => go({ view: 'task', id })}>
                    {row && <StateLabel state={row.state} />}
                    <span className="grow">
                      <span className="cut">
                        <TitleText text={row?.title || `Task ${id}`} />
                      </span>
                      {why !== null && <small>Waits: {why}</small>}
                    </span>
                    {node !== null && <small className="mono">{node}</small>}
                  </button>
                </li>
              )
            })}
          </ul>
        )}
        <CheckPlace name={name} />
      </div>
    </section>
  )
}
