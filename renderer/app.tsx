import { useEffect, useLayoutEffect, useRef } from 'react'
import { unreachable } from '../main/core/unreachable.ts'
import type { Place } from '../preload/host.ts'
import { Palette } from './palette/index.tsx'
import { FailureBlank, Loading } from './parts/blank.tsx'
import { useKeptFocus } from './parts/keep-focus.ts'
import { useWindowKeys } from './parts/use-keys.ts'
import { Banners } from './shell/banners.tsx'
import { NoSession } from './shell/no-session.tsx'
import { Notices } from './shell/notices.tsx'
import { SideBar } from './shell/side-bar.tsx'
import { ToolBar } from './shell/tool-bar.tsx'
import { addFolders } from './stores/adding.ts'
import { useIsDesktop, useLive, useSettings } from './stores/live.ts'
import { placeOf, samePlace, useNavigation } from './stores/navigation.ts'
import { ConflictEditor } from './views/conflicts/conflict-editor.tsx'
import { History } from './views/history/history.tsx'
import { NeedsYou } from './views/needs-you.tsx'
import { NewTask } from './views/new-task/new-task.tsx'
import { AddRepository } from './views/repositories/add-repository.tsx'
import { DropZone } from './views/repositories/drop-zone.tsx'
import { Repositories } from './views/repositories/repositories.tsx'
import { ReviewView } from './views/review/review-view.tsx'
import { Settings } from './views/settings/settings.tsx'
import { Setup } from './views/settings/setup.tsx'
import { Slots } from './views/slots/slots.tsx'
import { TaskView } from './views/task/task-view.tsx'

export function App() {
  const isDesktop = useIsDesktop()
  const place = useNavigation(({ trail }) => placeOf(trail))
  const theme = useSettings()?.theme ?? 'system'
  const platform = useLive(({ host }) => host?.platform)
  useWindowKeys(() => void addFolders(isDesktop))
  useFocusOfPlace(place)
  useKeptFocus()
  useEffect(() => {
    const root = document.documentElement
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
  }, [theme])
  return (
    <div className="frame" data-lights={isDesktop && platform === 'darwin'}>
      <SideBar />
      <main className="main">
        <Body place={place} />
      </main>
      <DropZone />
      <AddRepository />
      <Notices />
      <Palette />
    </div>
  )
}

function Body({ place }: { place: Place }) {
  const live = useLive((state) => state.live)
  if (live.status === 'connecting') {
    return (
      <>
        <ToolBar title="microvm-orchestrator" />
        <Loading what="Asking the server…" />
      </>
    )
  }
  if (live.snapshot === null && live.status === 'lost') {
    return (
      <>
        <ToolBar title="microvm-orchestrator" />
        {live.failure.code === 'session-missing' ? (
          <NoSession failure={live.failure} />
        ) : (
          <FailureBlank failure={live.failure} />
        )}
      </>
    )
  }
  return (
    <>
      <View place={place} />
      <Banners />
    </>
  )
}

function View({ place }: { place: Place }) {
  switch (place.view) {
    case 'slots':
      return <Slots />
    case 'conflicts':
      return <NeedsYou />
    case 'history':
      return <History />
    case 'repositories':
      return <Repositories />
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
    case 'task':
      return <TaskView key={place.id} id={place.id} />
    default:
      return unreachable(place)
  }
}

/** The focus goes where the user goes: to the title of the new view, or back to the task that was open. */
function useFocusOfPlace(place: Place): void {
  const last = useRef<Place>(place)
  useLayoutEffect(() => {
    const left = last.current
    last.current = place
    if (samePlace(left, place) || document.querySelector('dialog[open]')) return
    const opener = 'id' in left ? document.querySelector<HTMLElement>(`[data-task="${left.id}"]`) : null
    const target = opener ?? document.querySelector<HTMLElement>('[data-first-focus]') ?? document.querySelector('h1')
    target?.focus({ preventScroll: opener === null })
  }, [place])
}
