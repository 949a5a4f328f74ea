import type { Log } from '../../main/lib/log.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines (debug lines left out) for the test to read. */
export function recordingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const make = (base: Readonly<Record<string, unknown>>): Log => {
    const write =
      (level: LogLine['level']) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        lines.push({ level, message, fields: { ...base, ...fields } })
      }
    return {
      with: (fields) => make({ ...base, ...fields }),
      debug: () => undefined,
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    }
  }
  return { log: make({}), lines }
}
