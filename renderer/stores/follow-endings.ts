import type { Place } from '../../preload/host.ts'
import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import { isHeard } from '../../preload/task-needs.ts'
import { lookOf, resultText } from '../parts/states.ts'
import { endingsBetween, waitingIn } from './endings.ts'
import { useLive } from './live.ts'
import { go, placeOf, useNavigation } from './navigation.ts'
import { showNotice } from './notices.ts'

/**
 * Has the user hear how tasks end: a notice in the window, one of the browser where the window is not seen, and the number of tasks
 * that wait in its title and icon. The app tells of ends by the system's notifications.
 * @returns the end of it.
 */
export function followEndings(): () => void {
  let before: Snapshot | null = null
  const look = ({ live, host }: ReturnType<typeof useLive.getState>): void => {
    if (live.status !== 'live' || live.snapshot === before) return
    const { snapshot } = live
    if (host?.kind === 'web')
      for (const task of endingsBetween(before, snapshot)) if (isHeard(task, snapshot.settings)) tell(task)
    before = snapshot
    showWaiting(waitingIn(snapshot))
  }
  look(useLive.getState())
  return useLive.subscribe(look)
}

function tell(task: TaskRow): void {
  const { id, title, repo, state } = task
  const place: Place = { view: 'task', id }
  const shown = placeOf(useNavigation.getState().trail)
  if (!document.hidden && 'id' in shown && shown.id === id) return
  const { word, tone } = lookOf(state)
  const notice = { title: `${word}: ${title}`, body: [repo, resultText(task)].filter(Boolean).join(' · '), place }
  showNotice({ tone: tone === 'bad' ? 'bad' : 'plain', ...notice })
  if (!document.hidden || !mayNotify()) return
  const outside = new Notification(notice.title, { body: notice.body, tag: id })
  outside.onclick = () => {
    window.focus()
    go(place)
    outside.close()
  }
}

const mayNotify = (): boolean => 'Notification' in window && Notification.permission === 'granted'

const name = 'microvm-orchestrator'

function showWaiting(count: number): void {
  const title = count === 0 ? name : `(${count}) ${name}`
  if (document.title !== title) document.title = title
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const file = count === 0 ? './icon.svg' : './icon-needs.svg'
  if (icon && icon.getAttribute('href') !== file) icon.setAttribute('href', file)
}
