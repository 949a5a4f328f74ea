import { isUtf8 } from 'node:buffer'
import { join } from 'node:path'
import { visibleLine, withoutMarks } from '../../core/visible-text.ts'

/** A path of git's output (latin1: one character a byte) below a folder, as the bytes that the file system knows. */
export const bytePath = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(join(folder, '/')), Buffer.from(path, 'latin1')])

/** Whether a path of git's output is UTF-8, as an argument of a process must be. */
export const isTextPath = (path: string): boolean => isUtf8(Buffer.from(path, 'latin1'))

/** A path of git's output for a person: its text with nothing hidden in it, or as git quotes it when its bytes are no UTF-8. */
export function shownPath(path: string): string {
  if (isTextPath(path)) return visibleLine(withoutMarks(Buffer.from(path, 'latin1').toString('utf8')))
  const quoted = [...path].map((character) => {
    const code = character.charCodeAt(0)
    if (character === '"' || character === '\\') return `\\${character}`
    return code < 32 || code > 126 ? `\\${code.toString(8).padStart(3, '0')}` : character
  })
  return `"${quoted.join('')}"`
}

/** Orders paths as git does: by their bytes. */
export const byBytes = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
