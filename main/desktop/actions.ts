import { app, clipboard, dialog } from 'electron'
import type { Place } from '../../preload/host.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { failureText } from '../core/failure.ts'
import { unreachable } from '../core/unreachable.ts'
import type { AnyReply } from '../window/answer-call.ts'
import type { DesktopAction } from './menu/entries.ts'
import type { ShortNotice } from './notify/notifier.ts'
import { registered } from './notify/registered.ts'
import { askToStop } from './questions/ask-to-stop.ts'
import { type TaskCommand, taskCommand } from './task-commands.ts'

interface ActionTools {
  /** Makes a call of the window, so that menus and window do the same. Never rejects. */
  readonly call: (name: string, request: unknown) => Promise<AnyReply>
  readonly tasks: () => readonly TaskRow[]
  readonly isWindowOpen: () => boolean
  readonly show: (place: Place | null) => Promise<void>
  readonly tell: (notice: ShortNotice) => void
  readonly openQuickEntry: () => Promise<void>
  readonly checkForUpdates: () => void
  readonly installUpdate: () => Promise<void>
}

/** Carries out what is chosen in a menu or on a notification. */
export class Actions {
  readonly #tools: ActionTools

  constructor(tools: ActionTools) {
    this.#tools = tools
  }

  async act(action: DesktopAction): Promise<void> {
    const tools = this.#tools
    switch (action.kind) {
      case 'show':
        return await tools.show(action.place)
      case 'quick-entry':
        return await tools.openQuickEntry()
      case 'add-repository': {
        const { filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] })
        for (const path of filePaths) await this.register(path)
        return
      }
      case 'start-at-login':
        await tools.call('setStartAtLogin', { on: action.on })
        return
      case 'install-command-line': {
        const reply = await tools.call('installCommandLine', {})
        const said = reply.ok ? `Linked as ${(reply.value as { path: string }).path}` : failureText(reply.failure)
        await dialog.showMessageBox({ message: said, buttons: ['OK'] })
        return
      }
      case 'stop':
      case 'merge':
      case 'retry':
      case 'stop-all':
        return await this.#command(action)
      case 'pause-queue':
        await tools.call('changeSettings', { changes: { queuePaused: action.on } })
        return
      case 'copy':
        return clipboard.writeText(action.text)
      case 'check-for-updates':
        return tools.checkForUpdates()
      case 'install-update':
        return await tools.installUpdate()
      case 'quit':
        return app.quit()
      default:
        return unreachable(action)
    }
  }

  /** A folder that was dropped on the tray, or chosen from its menu. */
  async register(path: string): Promise<void> {
    this.#tools.tell(registered(path, await this.#tools.call('addRepository', { path })))
  }

  async #command(action: TaskCommand): Promise<void> {
    const { call, tasks, isWindowOpen, show, tell } = this.#tools
    const result = await taskCommand(action, tasks(), { call, confirm: askToStop })
    if (result.kind === 'started' && isWindowOpen()) await show({ view: 'task', id: result.id })
    if (result.kind === 'refused') tell({ ...result, place: null })
  }
}
