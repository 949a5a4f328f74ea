import type { Hunk } from '../../main/core/merge/file-diff.ts'

export interface DiffLine {
  readonly kind: ' ' | '+' | '-'
  readonly text: string
  /** Line numbers of both sides; null where the line does not exist. */
  readonly oldLine: number | null
  readonly newLine: number | null
  /** Where the changed part starts and ends, when its partner differs by a part only. */
  readonly mark: readonly [start: number, end: number] | null
}

export interface DiffPair {
  readonly left: DiffLine | null
  readonly right: DiffLine | null
}

/** The lines of a hunk with their numbers, and what of a changed line is new. */
export function linesOf({ oldStart, newStart, lines }: Hunk): readonly DiffLine[] {
  let [oldLine, newLine] = [oldStart, newStart]
  const numbered = lines.map(({ kind, text }): DiffLine => {
    const line = {
      kind,
      text,
      oldLine: kind === '+' ? null : oldLine,
      newLine: kind === '-' ? null : newLine,
      mark: null,
    }
    if (kind !== '+') oldLine += 1
    if (kind !== '-') newLine += 1
    return line
  })
  return markChanges(numbered)
}

/** Old beside new: lines taken away stand against those that came in their place. */
export function pairsOf(lines: readonly DiffLine[]): readonly DiffPair[] {
  const pairs: DiffPair[] = []
  for (const run of runsOf(lines)) {
    if (run.kind === 'same') {
      pairs.push({ left: run.line, right: run.line })
      continue
    }
    for (let index = 0; index < Math.max(run.removed.length, run.added.length); index += 1)
      pairs.push({ left: run.removed[index] ?? null, right: run.added[index] ?? null })
  }
  return pairs
}

type Run =
  | { readonly kind: 'same'; readonly line: DiffLine }
  | { readonly kind: 'changed'; readonly removed: DiffLine[]; readonly added: DiffLine[] }

function runsOf(lines: readonly DiffLine[]): readonly Run[] {
  const runs: Run[] = []
  for (const line of lines) {
    if (line.kind === ' ') {
      runs.push({ kind: 'same', line })
      continue
    }
    let last = runs.at(-1)
    // A removal behind an addition begins another change.
    if (last?.kind !== 'changed' || (line.kind === '-' && last.added.length > 0)) {
      last = { kind: 'changed', removed: [], added: [] }
      runs.push(last)
    }
    if (line.kind === '-') last.removed.push(line)
    else last.added.push(line)
  }
  return runs
}

function markChanges(lines: readonly DiffLine[]): readonly DiffLine[] {
  return runsOf(lines).flatMap((run) => {
    if (run.kind === 'same') return [run.line]
    const { removed, added } = run
    // Only lines that stand for each other: with other numbers of them no one knows which became which.
    if (removed.length !== added.length) return [...removed, ...added]
    const marked = removed.map((line, index) => markPair(line, added[index] ?? line))
    return [...marked.map(([old]) => old), ...marked.map(([, now]) => now)]
  })
}

function markPair(old: DiffLine, now: DiffLine): readonly [DiffLine, DiffLine] {
  const [one, other] = [old.text, now.text]
  const shorter = Math.min(one.length, other.length)
  let start = 0
  while (start < shorter && one[start] === other[start]) start += 1
  let tail = 0
  while (tail < shorter - start && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1
  // Lines with next to nothing in common are better left whole.
  if ((start + tail) * 3 < shorter) return [old, now]
  const mark = (line: DiffLine): DiffLine => {
    const end = line.text.length - tail
    return end > start ? { ...line, mark: [start, end] } : line
  }
  return [mark(old), mark(now)]
}
