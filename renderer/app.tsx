import { Suspense, useEffect } from 'react'
import type { Place } from '../preload/host.ts'
import { FailureBlank, Loading } from './parts/blank.tsx'
import { Banners } from './shell/banners.tsx'
import { later } from './shell/later.ts'
import { SideBar } from './shell/side-bar.tsx'
import { ToolBar } from './shell/tool-bar.tsx'
import { FaultBoundary, View } from './shell/view.tsx'
import { useIsDesktop, useLive, useSettings } from './stores/live.ts'
import { placeOf, useNavigation } from './stores/navigation.ts'

const Beside = later(async () => (await import('./shell/beside.tsx')).Beside)
const NoSession = later(async () => (await import('./shell/no-session.tsx')).NoSession)

export function App() {
  const isDesktop = useIsDesktop()
  const place = useNavigation(({ trail }) => placeOf(trail))
  const theme = useSettings()?.theme ?? 'system'
  const platform = useLive(({ host }) => host?.platform)
  // What stands beside a view would keep the first answer waiting on a slow link.
  const isConnecting = useLive(({ live }) => live.status === 'connecting')
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
      {!isConnecting && (
        <FaultBoundary quiet>
          <Suspense>
            <Beside />
          </Suspense>
        </FaultBoundary>
      )}
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
          <Suspense>
            <NoSession failure={live.failure} />
          </Suspense>
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
