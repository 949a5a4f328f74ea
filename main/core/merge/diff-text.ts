import type { FileDiff } from './file-diff.ts'

/** One file's lines as a unified diff shows them, without its header. Pure. */
export function diffText(diff: FileDiff): string {
  if (diff.kind === 'binary') return `binary, ${diff.oldBytes ?? 0} -> ${diff.newBytes ?? 0} bytes\n`
  if (diff.kind === 'too-large') return `${diff.lines} lines differ: too many to show\n`
  if (diff.hunks.length === 0) return 'no line differs\n'
  return diff.hunks
    .map(({ oldStart, newStart, heading, lines }) =>
      [`@@ -${oldStart} +${newStart} @@ ${heading}`, ...lines.map(({ kind, text }) => kind + text), ''].join('\n'),
    )
    .join('')
}
