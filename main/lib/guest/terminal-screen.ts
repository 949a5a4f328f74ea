/**
 * What a terminal would show after this output, row by row with no trailing blanks. Knows what line-based programs use: text, line ends,
 * cursor moves and erasing; ignores colours and modes. Rows never wrap by themselves and never scroll away, but the cursor stays on
 * a screen of 10,000 rows of 1,000 columns.
 */
export function screenRows(output: string): readonly string[] {
  const rows: string[][] = []
  const cursor = { row: 0, column: 0 }
  const currentRow = (): string[] => {
    while (rows.length <= cursor.row) rows.push([])
    return rows[cursor.row] ?? []
  }
  for (const match of output.matchAll(tokens)) {
    const { parameters, command, text } = match.groups ?? {}
    if (command !== undefined) {
      const numbers = (parameters ?? '').split(';').map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : undefined))
      control(command, numbers, cursor, currentRow, rows)
      cursor.row = Math.min(cursor.row, lastRow)
      cursor.column = Math.min(cursor.column, lastColumn)
    } else if (text === '\r') cursor.column = 0
    else if (text === '\n') cursor.row = Math.min(cursor.row + 1, lastRow)
    else if (text === '\b') cursor.column = Math.max(0, cursor.column - 1)
    else if (text !== undefined && text >= ' ') {
      const row = currentRow()
      while (row.length < cursor.column) row.push(' ')
      row[cursor.column] = text
      cursor.column = Math.min(cursor.column + 1, lastColumn)
    }
  }
  return rows.map((row) => row.join('').trimEnd())
}

/** A few bytes move the cursor by thousands: without an end, a screen of them would fill the memory. */
const [lastRow, lastColumn] = [9_999, 999]

// Strings (titles, links), then control sequences, other escapes, and single characters.
const tokens =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is read.
  /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[(?<parameters>[0-?]*)[ -/]*(?<command>[@-~])|\x1b[ -/]*[0-~]|(?<text>.)/gsu

function control(
  command: string,
  [first, second]: readonly (number | undefined)[],
  cursor: { row: number; column: number },
  currentRow: () => string[],
  rows: string[][],
): void {
  const count = Math.max(1, first ?? 1)
  switch (command) {
    case 'A':
    case 'F':
      cursor.row = Math.max(0, cursor.row - count)
      if (command === 'F') cursor.column = 0
      return
    case 'B':
    case 'E':
      cursor.row += count
      if (command === 'E') cursor.column = 0
      return
    case 'C':
      cursor.column += count
      return
    case 'D':
      cursor.column = Math.max(0, cursor.column - count)
      return
    case 'G':
      cursor.column = count - 1
      return
    case 'H':
    case 'f':
      cursor.row = count - 1
      cursor.column = Math.max(1, second ?? 1) - 1
      return
    case 'K':
      eraseInRow(currentRow(), cursor.column, first ?? 0)
      return
    case 'J':
      if (first === 2 || first === 3) rows.length = 0
      else if (!first) {
        eraseInRow(currentRow(), cursor.column, 0)
        rows.length = cursor.row + 1
      }
      return
    default:
      return // Colours, modes and questions change no text.
  }
}

function eraseInRow(row: string[], column: number, mode: number): void {
  if (mode === 0) row.length = Math.min(row.length, column)
  else if (mode === 1) row.fill(' ', 0, column + 1)
  else row.length = 0
}
