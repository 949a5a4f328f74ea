import type { ReactNode } from 'react'
import { slotCount } from '../../main/core/task/task.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { shortcut } from '../parts/key-names.ts'
import { moveFocus } from '../parts/move-focus.ts'
import { needing } from '../parts/states.ts'
import { useLive, useSnapshot, useTasks } from '../stores/live.ts'
import { go, rootOf, useNavigation, type View } from '../stores/navigation.ts'
import { showPalette } from '../stores/palette.ts'

export function SideBar() {
  const busy = useSnapshot(({ slots }) => slots.filter(({ taskId }) => taskId !== null).length, 0)
  const repositories = useSnapshot((snapshot) => snapshot.repositories.length, 0)
  const waiting = needing(useTasks()).length
  const isMacApp = useLive(({ host }) => host?.kind === 'desktop' && host.platform === 'darwin')
  return (
    <aside className="side" onKeyDown={moveFocus}>
      <div className="side-top">
        <Icon name="mark" />
        <span className="cut">microvm-orchestrator</span>
      </div>
      <nav className="nav" aria-label="Views">
        <Entry view="slots" icon="slots" word="Slots" count={`${busy} of ${slotCount}`} />
        <Entry view="conflicts" icon="needs" word="Needs You">
          {waiting > 0 && (
            <span className="count badge">
              {waiting > 99 ? '99+' : waiting}
              <span className="unseen"> {waiting === 1 ? 'task needs you' : 'tasks need you'}</span>
            </span>
          )}
        </Entry>
        <Entry view="history" icon="history" word="History" />
        <Entry
          view="repositories"
          icon="repo"
          word="Repositories"
          count={repositories > 0 ? String(repositories) : undefined}
        />
      </nav>
      <h2 className="nav-title">{isMacApp ? 'This Mac' : 'This Host'}</h2>
      <nav className="nav" aria-label={isMacApp ? 'This Mac' : 'This Host'}>
        <Entry view="places" icon="globe" word="Places" />
        <Entry view="setup" icon="checks" word="Set-up" />
        <Entry view="settings" icon="gear" word="Settings" />
        <button type="button" data-stop title="Commands" onClick={() => showPalette('commands')}>
          <Icon name="search" />
          <span className="word">Commands</span>
          <span className="count" aria-hidden="true">
            {shortcut('K')}
          </span>
        </button>
      </nav>
      <Client />
    </aside>
  )
}

interface EntryProps {
  readonly view: View
  readonly icon: IconName
  readonly word: string
  readonly count?: string | undefined
  readonly children?: ReactNode
}

function Entry({ view, icon, word, count, children }: EntryProps) {
  const current = useNavigation(({ trail }) => rootOf(trail) === view)
  return (
    <button
      type="button"
      data-stop
      aria-current={current ? 'page' : undefined}
      title={word}
      onClick={() => go({ view })}
    >
      <Icon name={icon} />
      <span className="word">{word}</span>
      {count !== undefined && <span className="count">{count}</span>}
      {children}
    </button>
  )
}

/** Whether someone speaks MCP with us now. */
function Client() {
  const connected = useSnapshot(({ clients }) => clients.filter((client) => client.connected).length, 0)
  const address = useSnapshot((snapshot) => snapshot.address, '')
  return (
    <button type="button" className="client" data-stop onClick={() => go({ view: 'setup' })}>
      <span className={connected > 0 ? 'good' : 'second'}>
        <Icon name={connected > 0 ? 'pass' : 'plug'} />
      </span>
      <span>
        {connected === 0 ? 'No agent connected' : connected === 1 ? 'Agent connected' : `${connected} agents connected`}
        {address !== '' && <small>{address}</small>}
      </span>
    </button>
  )
}
