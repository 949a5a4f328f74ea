import type { ShownSettings } from '../../../../preload/settings.ts'
import { change } from '../../../stores/change-settings.ts'
import { ChoiceSetting, NumberSetting } from '../setting.tsx'

/** The server and its window. */
export function ServerSettings({ settings }: { settings: ShownSettings }) {
  return (
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
          title="When the server ends, running tasks"
          value={settings.onQuit}
          options={[
            { value: 'leave', word: 'Go on without it' },
            { value: 'stop', word: 'Stop them, keep their work' },
          ]}
          onChange={(onQuit) => change({ onQuit })}
        />
        <ChoiceSetting
          title="Appearance"
          about="Of the window."
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
  )
}

const portNote = ({ port, atNextStart }: ShownSettings): string =>
  atNextStart.port === undefined
    ? 'A change holds from the next start on. Agents need the new address then.'
    : `${port} until the next start. Agents need the new address then.`
