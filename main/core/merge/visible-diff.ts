import { hasHidden, visibleText, withoutMarks } from '../visible-text.ts'
import type { Hunk } from './file-diff.ts'

/**
 * The hunks as they may be shown, and whether anything in them had to be made visible. A return before each line break is how some
 * systems end all lines; where only some lines end so it is a difference that is not seen otherwise. Pure.
 */
export function visibleHunks(hunks: readonly Hunk[]): { readonly hunks: readonly Hunk[]; readonly hidden: boolean } {
  const lines = hunks.flatMap((hunk) => hunk.lines)
  const returns = lines.filter(({ text }) => text.endsWith('\r')).length
  const isUsual = returns > 0 && returns === lines.length
  let found = false
  const shown = (text: string): string => {
    found ||= hasHidden(text)
    return visibleText(withoutMarks(text))
  }
  const visible = hunks.map((hunk) => ({
    ...hunk,
    heading: shown(hunk.heading.replace(/\r$/, '')),
    lines: hunk.lines.map(({ kind, text }) => ({ kind, text: shown(isUsual ? text.slice(0, -1) : text) })),
  }))
  return { hunks: visible, hidden: found }
}
