import { isatty } from 'node:tty'
import { type Server, startServer } from '../app.ts'
import { toFailure } from '../core/failure.ts'
import { inUrl, isLoopback } from '../lib/addresses.ts'
import { createLog } from '../lib/log.ts'
import { outliveOutput } from '../lib/processes/lost-output.ts'
import { addLine } from '../settings/add-line.ts'
import { endpointTokenPath } from '../settings/endpoint-token.ts'
import { readSettings } from '../settings/settings.ts'
import { findKey } from '../settings/token.ts'
import type { Terminal } from './terminal/terminal.ts'
import { terminalText } from './terminal/terminal-words.ts'

export interface ServeFlags {
  readonly port?: number
  readonly host?: string
  readonly auth?: boolean
}

const endingSignals = ['SIGINT', 'SIGTERM'] as const

/** One Ctrl-C can arrive twice: from the terminal, and passed on by npx or the launcher. */
const sameSignalMs = 1_000

/**
 * Serves until a signal ends it. The first one lets the server close in order, which stops the tasks where the settings say so; a
 * later one ends the process at once, and machines that still run are found at the next start with the stop that was asked for.
 */
export async function serve(terminal: Terminal, flags: ServeFlags): Promise<void> {
  const stop = new AbortController()
  let firstAt = 0
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstAt = performance.now()
      stop.abort()
    } else if (performance.now() - firstAt > sameSignalMs) process.exit(1)
  }
  for (const signal of endingSignals) process.on(signal, onSignal)
  process.on('SIGHUP', hasTerminal() ? onSignal : () => undefined)
  outliveOutput()

  const server = await start(terminal, flags, stop.signal)
  if (!server) return
  terminal.say(`Listening on http://${inUrl(server.host)}:${server.port}/mcp`)
  terminal.say(addLine(server, { tokenPath: endpointTokenPath(terminal.home), isTty: terminal.isTty }))
  terminal.say(`Open ${server.pageUrl} in a browser`)
  await noteMissingKey(terminal)
  if (!isLoopback(server.host)) {
    terminal.note(
      'What is sent to it can be read on the way, the token too: trust that network, or put a TLS proxy before it.',
    )
  }
  if (!stop.signal.aborted) {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  }
  await server.close()
  // Machines that work on are still watched by this process: that must not keep it.
  process.exit()
}

/**
 * Whether the server belongs to a terminal and is to end with it. `nohup` has SIGHUP ignored, which Node undoes before any of our code
 * runs; yet it also takes the terminal away from stdout and stderr, on Linux from stdin too, so that is how it is recognised.
 */
function hasTerminal(): boolean {
  return [...(process.platform === 'linux' ? [0] : []), 1, 2].some((descriptor) => isatty(descriptor))
}

/** Said at the start, not by the first task that fails for it; a key that is stored meanwhile is found. */
async function noteMissingKey({ env, home, note }: Terminal): Promise<void> {
  try {
    await findKey(env, home)
  } catch (error) {
    note(`No task can run yet: ${terminalText(toFailure(error))}`)
  }
}

/** Undefined when the user ended it before it served. */
async function start(
  { home, env }: Terminal,
  { port, ...flags }: ServeFlags,
  stop: AbortSignal,
): Promise<Server | undefined> {
  try {
    return await startServer({ home, port: port ?? readSettings(home).port, ...flags, log: createLog(), env }, stop)
  } catch (error) {
    if (stop.aborted) return undefined
    throw error
  }
}
