import { app } from 'electron'
import { buildMenu } from '../menu/build-menu.ts'
import { type DockState, dockMenu } from '../menu/dock-state.ts'
import type { DesktopAction } from '../menu/entries.ts'

/** The icon in the Dock of macOS; does nothing elsewhere. */
export class Dock {
  #shown: DockState | undefined

  constructor(onAction: (action: DesktopAction) => void) {
    app.dock?.setMenu(buildMenu(dockMenu(), onAction))
  }

  show(state: DockState): void {
    if (process.platform !== 'darwin') return
    if (state.policy !== this.#shown?.policy) app.setActivationPolicy(state.policy)
    // The badge belongs to the icon, which a change of the policy makes again.
    app.dock?.setBadge(state.badge)
    this.#shown = state
  }
}
