const panic = 'Kernel panic - not syncing'
const longestLine = 500

/** The last panic that a console tells of, made safe to show. Pure. */
export function panicLineOf(consoleText: string): string | undefined {
  const line = consoleText.split(/\r?\n/).findLast((text) => text.includes(panic))
  if (line === undefined) return undefined
  const start = line.indexOf(panic)
  // Guest text: control characters have no business in a message.
  return line.slice(start, start + longestLine).replace(/[^\x20-\x7e]/g, '')
}

/**
 * Whether the kernel has said its very last line and hangs: nothing can follow it on a console, so an agent that talks of panics
 * makes none. Pure.
 */
export function hangsInPanic(consoleText: string): boolean {
  const last = consoleText.trimEnd().split(/\r?\n/).at(-1) ?? ''
  return /^(\[ *\d+\.\d+\] ?)?---\[ end Kernel panic - not syncing/.test(last)
}
