/** Entry of the desktop app, of the command line inside it, and of its workers. */
import { join } from 'node:path'
import { app, dialog } from 'electron'
import { startServer } from './app.ts'
import { AppError, failureText, toFailure } from './core/failure.ts'
import type { Backend } from './desktop/backend.ts'
import { Desktop } from './desktop/desktop.ts'
import { offerMove } from './desktop/install/applications-folder.ts'
import { LinkInbox } from './desktop/links/link-inbox.ts'
import { askForPort } from './desktop/questions/ask-for-port.ts'
import { registerPageScheme } from './desktop/window/page-protocol.ts'
import { homeDirectory } from './lib/files/paths.ts'
import { createLog } from './lib/log.ts'
import { outliveOutput, watchOutput } from './lib/processes/lost-output.ts'
import { changeSettings, readSettings } from './settings/settings.ts'
import { readServerFile } from './web/server-file.ts'
import { windowConnection } from './web/window-client.ts'
import { answerCall } from './window/answer-call.ts'

const commandLine = process.argv.indexOf('--cli')
if (process.argv.includes('--worker')) {
  app.dock?.hide()
  await import('./worker/main.ts')
} else if (commandLine >= 0) {
  process.argv.splice(commandLine, 1)
  await import('./cli.ts')
  app.exit(Number(process.exitCode ?? 0))
} else runApp()

function runApp(): void {
  watchOutput()
  outliveOutput()
  let home: string
  try {
    home = homeDirectory()
  } catch (error) {
    dialog.showErrorBox('microvm-orchestrator cannot start', failureText(toFailure(error)))
    app.exit(1)
    return
  }
  const log = createLog()
  // One app for each home.
  if (process.env.MICROVM_ORCHESTRATOR_HOME) app.setPath('userData', join(home, 'desktop'))
  if (!app.requestSingleInstanceLock()) {
    app.exit(0) // The first one shows its window.
    return
  }
  registerPageScheme()
  const links = new LinkInbox(process.argv)
  app.enableSandbox()
  // Not awaited here: an entry that is not at its end keeps the app from becoming ready.
  app
    .whenReady()
    .then(async () => {
      if (await offerMove(log)) return
      await Desktop.start({ log, links, openBackend: () => openBackend(home, log) })
    })
    .catch((error: unknown) => {
      log.error('the app could not start', { reason: String(error) })
      if (!isQuit(error)) dialog.showErrorBox('microvm-orchestrator cannot start', failureText(toFailure(error)))
      app.exit(1)
    })
}

/** A server of this home that runs already, or our own. */
async function openBackend(home: string, log: ReturnType<typeof createLog>): Promise<Backend> {
  const other = await readServerFile(home)
  if (other && other.pid !== process.pid) return backendOf(other)
  return await ownBackend(home, log, readSettings(home).port)
}

function backendOf(server: NonNullable<Awaited<ReturnType<typeof readServerFile>>>): Backend {
  const connection = windowConnection(server)
  const gone = Promise.withResolvers<void>()
  return {
    isOwn: false,
    call: connection.call,
    listen: (listener, attention) => connection.listen(listener, attention, gone.resolve),
    leave: async () => undefined,
    hostSleeps: async () => undefined, // It notices for itself.
    hostWakes: async () => undefined,
    gone: gone.promise,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function ownBackend(home: string, log: ReturnType<typeof createLog>, port: number): Promise<Backend> {
  let server: Awaited<ReturnType<typeof startServer>>
  try {
    server = await startServer({ home, port, log, env: process.env })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'port-taken') throw error
    const another = await askForPort(error.message)
    if (another === undefined) throw new AppError('cancelled', 'The user chose to quit')
    changeSettings(home, { port: another })
    return await ownBackend(home, log, another)
  }
  const { window, tasks } = server
  return {
    isOwn: true,
    call: (name, request) => answerCall(window.calls, name, request, log, new AbortController().signal),
    listen: (listener, attention) => window.listen(listener, attention),
    leave: () => server.close('leave'),
    hostSleeps: () => tasks.hostSleeps(),
    hostWakes: () => tasks.hostWakes(),
    gone: new Promise(() => undefined),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

const isQuit = (error: unknown): boolean => error instanceof AppError && error.code === 'cancelled'
