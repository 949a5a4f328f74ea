import { Loading } from '../../parts/blank.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { useIsDesktop, useLive, useSettings } from '../../stores/live.ts'
import { BrowserSettings } from './browser-settings.tsx'
import { DesktopSettings } from './desktop-settings.tsx'
import { MachineSettings } from './groups/machines.tsx'
import { NetworkSettings } from './groups/network.tsx'
import { DiskSettings, ResultSettings } from './groups/results.tsx'
import { ServerSettings } from './groups/server.tsx'
import { TaskSettings } from './groups/tasks.tsx'

/** What is changed holds at once and for the next task; the file stays the truth, and shows here when it is edited elsewhere. */
export function Settings() {
  const settings = useSettings()
  const isDesktop = useIsDesktop()
  const version = useLive(({ host }) => host?.version)
  return (
    <>
      <ToolBar title="Settings" about={version && `microvm-orchestrator ${version}`} />
      {settings ? (
        <div className="scroll">
          <div className="page">
            <TaskSettings settings={settings} />
            <MachineSettings settings={settings} />
            <NetworkSettings settings={settings} />
            <ResultSettings settings={settings} />
            <DiskSettings settings={settings} />
            <ServerSettings settings={settings} />
            {isDesktop ? <DesktopSettings settings={settings} /> : <BrowserSettings />}
          </div>
        </div>
      ) : (
        <Loading what="Reading the settings…" />
      )}
    </>
  )
}
