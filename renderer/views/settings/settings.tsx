import { Fragment } from 'react'
import { bounds } from '../../../main/core/bounds.ts'
import { slotCount } from '../../../main/core/task/task.ts'
import type { ShownSettings, WindowSettings } from '../../../preload/settings.ts'
import { Loading } from '../../parts/blank.tsx'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { change } from '../../stores/change-settings.ts'
import { useIsDesktop, useLive, useSettings } from '../../stores/live.ts'
import { BrowserSettings } from './browser-settings.tsx'
import { DesktopSettings } from './desktop-settings.tsx'
import { ChoiceSetting, NumberSetting } from './setting.tsx'

const minuteMs = 60_000

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
            <Groups settings={settings} />
            {isDesktop ? <DesktopSettings settings={settings} /> : <BrowserSettings />}
          </div>
        </div>
      ) : (
        <Loading what="Reading the settings…" />
      )}
    </>
  )
}

function Groups({ settings }: { settings: ShownSettings }) {
  const size = useLive(({ host }) => host?.size)
  return (
    <Fragment>
      <section className="group">
        <h2>Tasks</h2>
        <div className="card">
          <ChoiceSetting
            title="When all slots are busy"
            value={settings.queue ? 'wait' : 'refuse'}
            options={[
              { value: 'refuse', word: 'Refuse and name the tasks' },
              { value: 'wait', word: 'Wait for a slot' },
            ]}
            onChange={(value) => change({ queue: value === 'wait' })}
          />
          <ChoiceSetting
            title="When work conflicts with your branch"
            value={settings.resolveConflicts}
            options={[
              { value: 'ask', word: 'Wait for you' },
              { value: 'auto', word: 'Have another task resolve it' },
            ]}
            onChange={(resolveConflicts) => change({ resolveConflicts })}
          />
          <NumberSetting
            title="Time limit of a task"
            unit="min"
            value={settings.taskTimeoutMs / minuteMs}
            min={1}
            max={bounds.taskTimeoutMs.most / minuteMs}
            onChange={(minutes) => change({ taskTimeoutMs: Math.round((minutes ?? 0) * minuteMs) })}
          />
          <NumberSetting
            title="Cost limit of a task"
            about="As Claude Code counts it. The work is kept."
            unit="$"
            optional
            value={settings.maxCostUsd}
            min={bounds.costUsd.least}
            onChange={(maxCostUsd) => change({ maxCostUsd })}
          />
          <NumberSetting
            title="Token limit of a task"
            unit="tokens"
            optional
            whole
            value={settings.maxTokens}
            min={bounds.tokens.least}
            onChange={(maxTokens) => change({ maxTokens })}
          />
          <NumberSetting
            title="Stop a task that is silent for"
            unit="min"
            optional
            value={settings.silenceTimeoutMs === null ? null : settings.silenceTimeoutMs / minuteMs}
            min={0.1}
            onChange={(minutes) =>
              change({ silenceTimeoutMs: minutes === null ? null : Math.round(minutes * minuteMs) })
            }
          />
        </div>
      </section>
      <section className="group">
        <h2>Machines</h2>
        <div className="card">
          <NumberSetting
            title="Memory of a machine"
            unit="MiB"
            whole
            about={size && aboutMemory(settings.memoryMiB, size.memoryMiB)}
            value={settings.memoryMiB}
            min={1024}
            max={size?.memoryMiB ?? 1024 * 1024}
            onChange={(memoryMiB) => change({ memoryMiB: memoryMiB ?? 4096 })}
          />
          <NumberSetting
            title="Processors of a machine"
            whole
            about={size && `This host has ${size.cpus}.`}
            value={settings.cpus}
            min={1}
            max={Math.min(64, size?.cpus ?? 64)}
            onChange={(cpus) => change({ cpus: cpus ?? 1 })}
          />
          <NumberSetting
            title="Machines booted ahead"
            about="Each waits up to half an hour for a repository’s next task, and takes its memory."
            whole
            value={settings.warmMachines}
            min={0}
            max={9}
            onChange={(warmMachines) => change({ warmMachines: warmMachines ?? 0 })}
          />
          <ChoiceSetting
            title="What machines reach"
            about="Never this host’s own ports."
            value={typeof settings.egress === 'string' ? settings.egress : 'listed'}
            options={egressOptions(settings.egress)}
            onChange={(egress) => (egress === 'listed' ? Promise.resolve(true) : change({ egress }))}
          />
        </div>
      </section>
      <section className="group">
        <h2>Disk</h2>
        <div className="card">
          <NumberSetting
            title="Start no task with less free than"
            unit="GiB"
            value={settings.minFreeGiB}
            min={0}
            onChange={(minFreeGiB) => change({ minFreeGiB: minFreeGiB ?? 0 })}
          />
          <NumberSetting
            title="Delete folders of finished tasks after"
            about="Never work that is nowhere else."
            unit="days"
            optional
            value={settings.pruneAfterDays}
            min={0}
            onChange={(pruneAfterDays) => change({ pruneAfterDays })}
          />
        </div>
      </section>
      <section className="group">
        <h2>Server and window</h2>
        <div className="card">
          <NumberSetting
            title="Port"
            about={portNote(settings)}
            whole
            value={settings.atNextStart.port ?? settings.port}
            min={1}
            max={65_535}
            onChange={(port) => change({ port: port ?? 8765 })}
          />
          <ChoiceSetting
            title="Running tasks at the end"
            value={settings.onQuit}
            options={[
              { value: 'leave', word: 'Work on and are found again' },
              { value: 'stop', word: 'Are stopped, their work kept' },
            ]}
            onChange={(onQuit) => change({ onQuit })}
          />
          <ChoiceSetting
            title="Appearance"
            value={settings.theme}
            options={[
              { value: 'system', word: 'As the system' },
              { value: 'light', word: 'Light' },
              { value: 'dark', word: 'Dark' },
            ]}
            onChange={(theme) => change({ theme })}
          />
        </div>
      </section>
    </Fragment>
  )
}

const portNote = ({ port, atNextStart }: ShownSettings): string =>
  atNextStart.port === undefined
    ? 'A change holds from the next start on. Agents need the new address then.'
    : `${port} until the next start. Agents need the new address then.`

function aboutMemory(machineMiB: number, hostMiB: number): string {
  const fitting = Math.min(slotCount, Math.floor(hostMiB / machineMiB))
  const all = `This host has ${hostMiB.toLocaleString('en')} MiB`
  if (fitting === 0) return `${all}: no task can start with so much.`
  return `${all}: room for ${fitting === 1 ? 'one such machine' : `${fitting} such machines`} at most.`
}

/** A list of hosts is made in `settings.json`; here it can be seen and given up. */
const egressOptions = (
  egress: WindowSettings['egress'],
): readonly { value: 'open' | 'closed' | 'listed'; word: string }[] => [
  { value: 'open', word: 'The internet' },
  { value: 'closed', word: 'The API alone' },
  ...(typeof egress === 'string' ? [] : [{ value: 'listed' as const, word: 'Listed hosts' }]),
]
