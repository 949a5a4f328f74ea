import { pino, stdTimeFunctions } from 'pino'
import { type SteadyOutput, steadyOutput } from './processes/steady-output.ts'

/** Constant messages, facts in fields: `log.with({ taskId }).info('guest ready', { bootMs })`. */
export interface Log {
  with(fields: Readonly<Record<string, unknown>>): Log
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** One JSON object a line, on the stream given; by itself on stderr, whose loss ends nothing. */
export function createLog(destination: NodeJS.WritableStream | SteadyOutput = steadyStderr(), level = 'info'): Log {
  return wrap(
    pino(
      { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
      destination,
    ),
  )
}

let steady: SteadyOutput | undefined

/** One for the process, so that lines of several logs stay whole. */
function steadyStderr(): SteadyOutput {
  const gapText = (lines: number): string =>
    `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lines, msg: 'lines of this log were lost' })}\n`
  steady ??= steadyOutput(2, { gapText })
  return steady
}

/** Says nothing; for tests and one-shot commands. */
export const silentLog: Log = wrap(pino({ level: 'silent' }))

type Target = Pick<ReturnType<typeof pino>, 'child' | 'debug' | 'info' | 'warn' | 'error'>

function wrap(target: Target): Log {
  return {
    with: (fields) => wrap(target.child(fields)),
    debug: (message, fields = {}) => target.debug(fields, message),
    info: (message, fields = {}) => target.info(fields, message),
    warn: (message, fields = {}) => target.warn(fields, message),
    error: (message, fields = {}) => target.error(fields, message),
  }
}
