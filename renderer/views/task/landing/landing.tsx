import type { LandingCar } from '../../../../preload/landing.ts'
import type { TaskRow } from '../../../../preload/live-state.ts'
import { count } from '../../../format.ts'
import { Blank, FailureBlank, Loading } from '../../../parts/blank.tsx'
import { Button } from '../../../parts/button.tsx'
import { Icon } from '../../../parts/icon.tsx'
import { TitleText } from '../../../parts/text/title-text.tsx'
import { useAnswer } from '../../../parts/use-answer.ts'
import { useSnapshot } from '../../../stores/live.ts'
import { choosing, go, useNavigation } from '../../../stores/navigation.ts'
import { landingOf } from './landing-of.ts'

/** A task whose work is on its way onto the branch: what it waits for, and what waits beside it. */
export function Landing({ row }: { row: TaskRow }) {
  // Changes with each step of any work that lands.
  const steps = useSnapshot(
    ({ tasks }) => tasks.map((task) => (landingOf(task) ? `${task.id}${landingOf(task)}` : '')).join(''),
    '',
  )
  const answer = useAnswer('landing', { id: row.id }, steps)
  if (answer.status === 'loading') return <Loading what="Reading what lands…" />
  if (answer.status === 'failed') return <FailureBlank failure={answer.failure} again={answer.again} />
  const { branch, command, cars } = answer.value
  const own = cars.find(({ id }) => id === row.id)
  if (!own) {
    return (
      <Blank icon="merge" title="It is about to land">
        Its work is brought onto {branch ?? 'the branch'} now, or was a moment ago.
      </Blank>
    )
  }
  return (
    <div className="scroll">
      <div className="page">
        <section className="group" aria-label="What it waits for">
          <h2>On its way onto {branch ?? 'the branch'}</h2>
          <div className="card">
            <div className="row padded">
              <span className="accent">
                <Icon name={own.isChecked ? 'work' : 'clock'} />
              </span>
              <b className="grow">{own.text}</b>
              {own.isChecked && (
                <Button tiny icon="terminal" onClick={showConsole}>
                  Show the Check’s Console
                </Button>
              )}
            </div>
            {command !== null && (
              <div className="padded second small">
                The check: <span className="mono selectable">{command}</span>
              </div>
            )}
          </div>
          <p>
            The branch moves to what was checked, and to nothing else. What the check printed stands in the result once
            it is over.
          </p>
        </section>
        <section className="group" aria-label="What lands on this branch">
          <h2>{count(cars.length, 'task')} on the way, in this order</h2>
          <ol className="card">
            {cars.map((car) => (
              <Car key={car.id} car={car} isOwn={car.id === row.id} />
            ))}
          </ol>
        </section>
      </div>
    </div>
  )
}

const showConsole = (): void =>
  useNavigation.setState(({ trail }) => ({ trail: choosing(choosing(trail, 'of', 'check'), 'tab', 'console') }))

function Car({ car: { id, title, position, isChecked, text }, isOwn }: { car: LandingCar; isOwn: boolean }) {
  return (
    <li className="row padded" aria-current={isOwn ? 'true' : undefined}>
      <span className="second">{position}</span>
      <span className={isChecked ? 'accent' : 'second'}>
        <Icon name={isChecked ? 'work' : 'clock'} size="small" />
      </span>
      <span className="grow">
        {isOwn ? (
          <b>
            <TitleText text={title} />
          </b>
        ) : (
          <button type="button" className="plain-link" data-task={id} onClick={() => go({ view: 'task', id })}>
            <TitleText text={title} />
          </button>
        )}
        <br />
        <small className="second">{text}</small>
      </span>
    </li>
  )
}
