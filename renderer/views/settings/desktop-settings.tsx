import type { WindowSettings } from '../../../preload/settings.ts'
import { act } from '../../api.ts'
import { Button } from '../../parts/button.tsx'
import { change } from '../../stores/change-settings.ts'
import { useLive } from '../../stores/live.ts'
import { showNotice } from '../../stores/notices.ts'
import { ChoiceSetting, SwitchSetting } from './setting.tsx'
import { ShortcutSetting } from './shortcut-setting.tsx'

/** What only the app can do. */
export function DesktopSettings({ settings }: { settings: WindowSettings }) {
  const host = useLive((state) => state.host)
  const login = host?.startAtLogin ?? null
  const setLogin = async (on: boolean): Promise<boolean> => {
    const answer = await act('setStartAtLogin', { on })
    if (answer && host) useLive.setState({ host: { ...host, startAtLogin: answer.startAtLogin } })
    return answer !== undefined
  }
  return (
    <section className="group">
      <h2>This computer</h2>
      <div className="card">
        {login !== null && (
          <SwitchSetting
            title="Start at login"
            {...(login === 'requires-approval' && { about: 'Allow it in System Settings, General, Login Items.' })}
            on={login !== 'off'}
            onChange={setLogin}
          />
        )}
        <SwitchSetting
          title="Stay awake while tasks run"
          on={settings.keepAwake}
          onChange={(keepAwake) => change({ keepAwake })}
        />
        <SwitchSetting
          title="Notify when a task is done"
          on={settings.notifyCompleted}
          onChange={(notifyCompleted) => change({ notifyCompleted })}
        />
        <SwitchSetting
          title="Notify when a task fails"
          on={settings.notifyFailed}
          onChange={(notifyFailed) => change({ notifyFailed })}
        />
        <SwitchSetting
          title="Notify when a task needs you"
          on={settings.notifyConflicts}
          onChange={(notifyConflicts) => change({ notifyConflicts })}
        />
        <SwitchSetting
          title="Notify when a task is parked"
          on={settings.notifyParked}
          onChange={(notifyParked) => change({ notifyParked })}
        />
        <SwitchSetting
          title="Notify of warnings"
          on={settings.notifyWarnings}
          onChange={(notifyWarnings) => change({ notifyWarnings })}
        />
        <SwitchSetting
          title="Sound of notifications"
          on={settings.notifySound}
          onChange={(notifySound) => change({ notifySound })}
        />
        <ShortcutSetting
          title="Keys for a quick task"
          about="They open a small panel from every program."
          value={settings.quickEntryKeys}
          onChange={async (keys) => (await act('setQuickEntryKeys', { keys })) !== undefined}
        />
        <ChoiceSetting
          title="Updates"
          about="Fetched by themselves, and installed when you restart the app for it. Tasks at work go on."
          value={settings.updates}
          options={[
            { value: 'stable', word: 'Releases' },
            { value: 'beta', word: 'Releases and betas' },
            { value: 'off', word: 'None' },
          ]}
          onChange={(updates) => change({ updates })}
        />
        <div className="setting">
          <div>
            Command line
            <small>Makes `microvm-orchestrator` known to your terminal.</small>
          </div>
          <Button onClick={() => installCommandLine()}>Install</Button>
        </div>
      </div>
    </section>
  )
}

async function installCommandLine(): Promise<void> {
  const installed = await act('installCommandLine', {})
  if (installed) showNotice({ title: 'The command line is installed', body: installed.path, place: null })
}
