import type { Snapshot } from '../../../preload/live-state.ts'
import { needing } from '../../../preload/task-needs.ts'
import { grouped, type MenuEntry, show } from './entries.ts'

/** How the Dock knows the app. */
export interface DockState {
  /** `regular`: an icon in the Dock and a menu bar; `accessory`: the icon in the menu bar alone. */
  readonly policy: 'regular' | 'accessory'
  /** On the icon; empty shows none. */
  readonly badge: string
}

/** An app with an open window is one like any other; without, it lives in the menu bar. Pure. */
export function dockState(snapshot: Pick<Snapshot, 'tasks'> | undefined, isWindowOpen: boolean): DockState {
  const waiting = snapshot ? needing(snapshot.tasks).length : 0
  return { policy: isWindowOpen ? 'regular' : 'accessory', badge: waiting === 0 ? '' : String(waiting) }
}

/** What a click on the app's icon in the Dock with the second button offers. Pure. */
export const dockMenu = (): readonly MenuEntry[] =>
  grouped([[show('New Task…', { view: 'new-task' }), show('Needs You', { view: 'conflicts' })]])
