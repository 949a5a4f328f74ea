import { Component, type ReactNode, type RefObject, Suspense, useLayoutEffect, useRef } from 'react'
import { unreachable } from '../../main/core/unreachable.ts'
import type { Place } from '../../preload/host.ts'
import { Blank, Loading } from '../parts/blank.tsx'
import { Button } from '../parts/button.tsx'
import { samePlace } from '../stores/navigation.ts'
import { Slots } from '../views/slots/slots.tsx'
import { later } from './later.ts'
import { ToolBar } from './tool-bar.tsx'

const NeedsYou = later(async () => (await import('../views/needs-you/needs-you.tsx')).NeedsYou)
const History = later(async () => (await import('../views/history/history.tsx')).History)
const Repositories = later(async () => (await import('../views/repositories/repositories.tsx')).Repositories)
const RepositoryPage = later(
  async () => (await import('../views/repositories/page/repository-page.tsx')).RepositoryPage,
)
const Setup = later(async () => (await import('../views/settings/setup.tsx')).Setup)
const Settings = later(async () => (await import('../views/settings/settings.tsx')).Settings)
const NewTask = later(async () => (await import('../views/new-task/new-task.tsx')).NewTask)
const ConflictEditor = later(async () => (await import('../views/conflicts/conflict-editor.tsx')).ConflictEditor)
const ReviewView = later(async () => (await import('../views/review/review-view.tsx')).ReviewView)
const Places = later(async () => (await import('../views/places/places.tsx')).Places)
const PlanView = later(async () => (await import('../views/plan/plan-view.tsx')).PlanView)
const AttemptsView = later(async () => (await import('../views/attempts/attempts-view.tsx')).AttemptsView)
const TaskView = later(async () => (await import('../views/task/task-view.tsx')).TaskView)

/** The view of the place where the user is; the focus goes to it once it is there. */
export function View({ place }: { place: Place }) {
  const last = useRef<Place>(place)
  return (
    <FaultBoundary key={place.view}>
      <Suspense
        fallback={
          <>
            <header className="tool" />
            <Loading what="Loading…" />
          </>
        }
      >
        <ViewOf place={place} />
        <FocusOfPlace place={place} last={last} />
      </Suspense>
    </FaultBoundary>
  )
}

/** The focus goes where the user goes: to the title of the new view, or back to the task that was open. */
function FocusOfPlace({ place, last }: { place: Place; last: RefObject<Place> }) {
  useLayoutEffect(() => {
    const left = last.current
    last.current = place
    if (samePlace(left, place) || document.querySelector('dialog[open]')) return
    const opener = 'id' in left ? document.querySelector<HTMLElement>(`[data-task="${left.id}"]`) : null
    const target = opener ?? document.querySelector<HTMLElement>('[data-first-focus]') ?? document.querySelector('h1')
    target?.focus({ preventScroll: opener === null })
  }, [place, last])
  return null
}

/** Says so where a view cannot be loaded or fails, in place of an empty window; another view can be shown all the same. */
export class FaultBoundary extends Component<
  { readonly children: ReactNode /** Shows nothing there. */; readonly quiet?: boolean },
  { readonly fault: string | null }
> {
  override state = { fault: null }

  static getDerivedStateFromError(error: unknown): { readonly fault: string } {
    return { fault: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    if (this.state.fault === null) return this.props.children
    if (this.props.quiet) return null
    return (
      <>
        <ToolBar title="microvm-orchestrator" />
        <Blank
          icon="fail"
          title="This view cannot be shown"
          actions={<Button onClick={() => location.reload()}>Load the Page Again</Button>}
        >
          {this.state.fault}
        </Blank>
      </>
    )
  }
}

function ViewOf({ place }: { place: Place }) {
  switch (place.view) {
    case 'slots':
      return <Slots />
    case 'conflicts':
      return <NeedsYou />
    case 'history':
      return <History />
    case 'repositories':
      return <Repositories />
    case 'repository':
      return <RepositoryPage key={place.alias} alias={place.alias} />
    case 'places':
      return <Places />
    case 'setup':
      return <Setup />
    case 'settings':
      return <Settings />
    case 'new-task':
      return <NewTask />
    case 'resolve':
      return <ConflictEditor key={place.id} id={place.id} />
    case 'review':
      return <ReviewView key={place.id} id={place.id} />
    case 'plan':
      return <PlanView key={place.id} id={place.id} />
    case 'attempts':
      return <AttemptsView key={place.id} id={place.id} />
    case 'task':
      return <TaskView key={place.id} id={place.id} />
    default:
      return unreachable(place)
  }
}
