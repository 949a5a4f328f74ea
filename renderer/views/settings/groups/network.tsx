import type { ShownSettings } from '../../../../preload/settings.ts'
import { change } from '../../../stores/change-settings.ts'
import { ChoiceSetting, LinesSetting, SwitchSetting } from '../setting.tsx'

/** What a list begins with. */
const usualHosts = ['github.com', 'registry.npmjs.org']

/** What tasks reach. */
export function NetworkSettings({ settings }: { settings: ShownSettings }) {
  return (
    <section className="group">
      <h2>Network</h2>
      <div className="card">
        <ChoiceSetting
          title="What machines reach"
          about="In repositories with no choice of their own. Never this host’s own ports."
          value={typeof settings.egress === 'string' ? settings.egress : 'listed'}
          options={[
            { value: 'open', word: 'The internet' },
            { value: 'closed', word: 'The API alone' },
            { value: 'listed', word: 'Listed hosts' },
          ]}
          onChange={(egress) => change({ egress: egress === 'listed' ? usualHosts : egress })}
        />
        {typeof settings.egress !== 'string' && (
          <LinesSetting
            title="Listed hosts"
            about="One a line: github.com, *.npmjs.org, 203.0.113.7, perhaps with :PORT."
            placeholder="github.com"
            value={settings.egress}
            onChange={(egress) => change({ egress: egress.length === 0 ? 'closed' : egress })}
          />
        )}
        <SwitchSetting
          title="Private networks"
          about="Where machines reach the internet, they reach these too, and what listens on all of this host’s addresses."
          on={settings.privateNetworks}
          onChange={(privateNetworks) => change({ privateNetworks })}
        />
        <ChoiceSetting
          title="Tools of the API itself"
          about="Where machines do not reach the internet: whether the API may search, fetch and run code for them."
          value={settings.serverTools}
          options={[
            { value: 'refuse', word: 'Refuse' },
            { value: 'allow', word: 'Allow' },
          ]}
          onChange={(serverTools) => change({ serverTools })}
        />
      </div>
      <p>
        Who may reach this server, and whether machines get the key, is set in settings.json alone: host, auth,
        allowedHosts and keyInGuest.
      </p>
    </section>
  )
}
