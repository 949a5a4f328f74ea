type TokenKind = 'comment' | 'string' | 'keyword' | 'number' | 'call' | 'plain'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

/** Longer lines are data, not code, and would only take time. */
const lengthLimit = 1_000

const keywords =
  'import|from|export|default|async|await|function|const|let|var|return|throw|new|for|if|else|while|do|switch|case|break|continue|try|catch|finally|type|interface|class|extends|implements|of|in|is|as|def|fn|pub|mut|use|mod|impl|struct|enum|match|where|package|func|go|defer|chan|map|range|with|yield|lambda|pass|raise|not|and|or|None|True|False|null|true|false|undefined|void|static|public|private|protected|final|override|self|this|super'

const pattern = new RegExp(
  [
    '(?<comment>(?:^|\\s)(?:#(?=\\s|!|$)|//|--\\s).*$|/\\*.*?(?:\\*/|$)|^\\s*\\*(?:\\s.*)?$)',
    '(?<string>"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'|`(?:[^`\\\\]|\\\\.)*`)',
    `(?<keyword>\\b(?:${keywords})\\b)`,
    '(?<number>\\b\\d[\\d_]*(?:\\.\\d+)?\\b)',
    '(?<call>\\b[A-Za-z_]\\w*(?=\\())',
  ].join('|'),
  'g',
)

/** Just enough of a line's grammar to read it at a glance, in whatever language; it may be wrong, and never loses a character. */
export function tokensOf(line: string): readonly Token[] {
  if (line.length > lengthLimit) return [{ kind: 'plain', text: line }]
  const tokens: Token[] = []
  let at = 0
  for (const match of line.matchAll(pattern)) {
    if (match.index > at) tokens.push({ kind: 'plain', text: line.slice(at, match.index) })
    tokens.push({ kind: kindOf(match.groups ?? {}), text: match[0] })
    at = match.index + match[0].length
  }
  if (at < line.length) tokens.push({ kind: 'plain', text: line.slice(at) })
  return tokens
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): TokenKind {
  const kinds: readonly TokenKind[] = ['comment', 'string', 'keyword', 'number', 'call']
  return kinds.find((kind) => groups[kind] !== undefined) ?? 'plain'
}

/** The tokens, cut where the marked part starts and ends. */
export function withMark(
  tokens: readonly Token[],
  mark: readonly [start: number, end: number],
): readonly (Token & { readonly marked: boolean })[] {
  let at = 0
  return tokens.flatMap(({ kind, text }) => {
    const from = at
    at += text.length
    const [start, end] = mark.map((place) => Math.min(text.length, Math.max(0, place - from))) as [number, number]
    return [
      { kind, text: text.slice(0, start), marked: false },
      { kind, text: text.slice(start, end), marked: true },
      { kind, text: text.slice(end), marked: false },
    ].filter((part) => part.text !== '')
  })
}
