import { app, dialog } from 'electron'
import type { AnyRequests, DesktopRequests } from '../../preload/contract.ts'
import type { Place } from '../../preload/host.ts'
import type { Snapshot } from '../../preload/live-state.ts'
import type { TaskDetails } from '../../preload/task-details.ts'
import { AppError, errorOf } from '../core/failure.ts'
import { commandOfApp, installCommandLine } from '../lib/processes/install-command-line.ts'
import type { AnyReply, Calls } from '../window/answer-call.ts'
import { describeHost } from './describe-host.ts'
import { setStartAtLogin } from './install/login-item.ts'
import { openTask } from './open-task.ts'
import type { GlobalKeys } from './quick-entry/global-keys.ts'
import { quickEntryOf } from './quick-entry/quick-entry-of.ts'

interface DesktopCallTools {
  /** Makes a call of the backend. Never rejects. */
  readonly call: (name: keyof AnyRequests, request: unknown) => Promise<AnyReply>
  readonly state: () => Snapshot | undefined
  readonly show: (place: Place) => Promise<void>
  readonly leaveQuickEntry: () => void
  readonly keys: GlobalKeys
  /** What the menus say of the host may have changed. */
  readonly onHostChanged: () => void
}

/** The calls of the window that this process answers itself. */
export function desktopCalls(tools: DesktopCallTools): Calls<keyof DesktopRequests | 'host'> {
  const { call, keys } = tools
  return {
    host: async () => describeHost(),
    chooseFolders: async () => {
      const { filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory', 'multiSelections'] })
      return { paths: filePaths }
    },
    openTask: async (request) => {
      await openTask((await answerOf(call('task', { id: request.id }))) as TaskDetails, request.with)
      return {}
    },
    setStartAtLogin: async ({ on }) => {
      const startAtLogin = setStartAtLogin(app, on)
      tools.onHostChanged()
      return { startAtLogin }
    },
    quickEntry: async () => quickEntryOf(tools.state()),
    leaveQuickEntry: async ({ to }) => {
      tools.leaveQuickEntry()
      if (to !== null) await tools.show({ view: to })
      return {}
    },
    setQuickEntryKeys: async ({ keys: wanted }) => {
      const former = keys.held
      if (!keys.take(wanted))
        throw new AppError('argument-invalid', 'Another program has these keys', { hint: 'Press others' })
      try {
        await answerOf(call('changeSettings', { changes: { quickEntryKeys: wanted } }))
      } catch (error) {
        keys.take(former)
        throw error
      }
      return {}
    },
    installCommandLine: async () => ({ path: await installCommandLine(commandOfApp(app.isPackaged)) }),
  }
}

async function answerOf(answered: Promise<AnyReply>): Promise<unknown> {
  const reply = await answered
  if (!reply.ok) throw errorOf(reply.failure)
  return reply.value
}
