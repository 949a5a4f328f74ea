import { startServer } from '../app.ts'
import { createLog } from '../lib/log.ts'
import { readSettings } from '../settings/settings.ts'
import type { Terminal } from './terminal.ts'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Serves until a signal ends it. The first one lets the server close in order; a second one ends the process at once. */
export async function serve(terminal: Terminal, port: number | undefined): Promise<void> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(1)
    stop.abort(signal)
  }
  for (const signal of endingSignals) process.on(signal, onSignal)

  const { home, env } = terminal
  const server = await startServer({ home, port: port ?? readSettings(home).port, log: createLog(), env }, stop.signal)
  terminal.say(`Listening on ${server.url}`)
  terminal.say(`claude mcp add --transport http --scope user microvm ${server.url}`)
  if (!stop.signal.aborted)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  await server.close()
}
