/** Ways to compare that git has built in: they run nothing. */
const builtIn = {
  diff: new Set(
    'ada bash bibtex cpp csharp css dts elixir fortran fountain golang html java kotlin markdown matlab objc pascal perl php python ruby rust scheme tex'.split(
      ' ',
    ),
  ),
  merge: new Set(['text', 'binary', 'union']),
  filter: new Set<string>(),
}

/** `filter=lfs`, `-diff`, `!merge`. */
const driver = /^[-!]?(filter|diff|merge)(?:=(.*))?$/

/**
 * Whether a `.gitattributes` has git run other programs, or the same on other files, than before: those that the user's configuration
 * names as filters, or to compare and merge. `macros` are names that stand for such attributes in this repository. Pure.
 */
export function changesDrivers(before: string, after: string, macros: ReadonlySet<string> = new Set()): boolean {
  const lines = { before: attributeLines(before), after: attributeLines(after) }
  const names = new Set([...macros, ...macrosOf(before), ...macrosOf(after)])
  const all = [...lines.before, ...lines.after]
  if (!all.some((line) => line.attributes.some((attribute) => runsOne(attribute, names)))) return false
  // Once there is one, every line that turns it on or off for some files counts, and their order.
  const told = (some: readonly Line[]) =>
    JSON.stringify(some.filter(({ attributes }) => attributes.some((attribute) => isAboutOne(attribute, names))))
  return told(lines.before) !== told(lines.after)
}

/** Macros of a `.gitattributes` that stand for programs: `[attr]lfs filter=lfs diff=lfs`. Pure. */
export function macrosOf(text: string): readonly string[] {
  const found: string[] = []
  for (const { pattern, attributes } of attributeLines(text)) {
    if (!pattern.startsWith('[attr]')) continue
    const name = pattern.slice('[attr]'.length)
    if (attributes.some((attribute) => runsOne(attribute, new Set(found)))) found.push(name)
  }
  return found
}

interface Line {
  readonly pattern: string
  readonly attributes: readonly string[]
}

function attributeLines(text: string): readonly Line[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    // A pattern with blanks is quoted.
    const [, pattern = '', rest = ''] = /^("(?:[^"\\]|\\.)*"|\S+)\s*(.*)$/.exec(trimmed) ?? []
    return [{ pattern, attributes: rest.split(/\s+/).filter(Boolean) }]
  })
}

function runsOne(attribute: string, macros: ReadonlySet<string>): boolean {
  const [, name, value] = driver.exec(attribute) ?? []
  if (name === undefined) return macros.has(attribute.replace(/^[-!]/, '').replace(/=.*$/, ''))
  // Turning a filter off means that there is one.
  return name === 'filter' || (value !== undefined && !builtIn[name as keyof typeof builtIn].has(value))
}

const isAboutOne = (attribute: string, macros: ReadonlySet<string>): boolean =>
  driver.test(attribute) || runsOne(attribute, macros)
