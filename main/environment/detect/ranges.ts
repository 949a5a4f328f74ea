import semver from 'semver'
import type { Wanted } from './finding.ts'

/** How the version of a tool may be written, in each ecosystem's own way, made a range of semver. */
export type Dialect = (text: string) => string | null

/** Longer ones are nobody's requirement; semver itself refuses them. */
const longest = 200
const anything = /^(\*|latest|stable|current|any|x|default)$/i

/** What was written, read in the dialect. Anything at all is no wish. */
export function wanted(text: string, dialect: Dialect): Wanted | null {
  const plain = text.trim()
  if (plain === '' || anything.test(plain)) return null
  return { text: plain, range: plain.length > longest ? null : validated(dialect(plain)) }
}

const validated = (range: string | null): string | null => (range === null ? null : semver.validRange(range))

/** `>=18 <21 || 22`, `^20.1`, `22.x`. */
export const npmRange: Dialect = (text) => semver.validRange(text.replaceAll(/(\d)\.\s+/g, '$1.'), { loose: true })

/** One version or its beginning: `22`, `v22.11`, `22.11.0`, `3.13-dev`. */
export const oneVersion: Dialect = (text) => {
  const parts = numbers(text)
  return parts && (parts.length === 3 ? parts.join('.') : `${parts.join('.')}.x`)
}

/** The version, or any later one. */
export const atLeast: Dialect = (text) => {
  const parts = numbers(text)
  return parts && `>=${padded(parts)}`
}

/** PEP 440, and the carets of Poetry: `>=3.11,<3.14`, `~=3.12`, `==3.12.*`, `!=3.12.1`, `^3.11`. */
export const pythonRange: Dialect = (text) =>
  anyOf(text, (part) =>
    allOf(
      part.split(',').map((clause) => {
        const [, operator = '', version = ''] = /^(~=|===?|!=|<=|>=|<|>|\^|~)?\s*(\S+)$/.exec(clause.trim()) ?? []
        return pythonClause(operator, version)
      }),
    ),
  )

function pythonClause(operator: string, version: string): readonly string[] | null {
  const parts = numbers(version)
  if (!parts) return version === '*' ? ['*'] : null
  const line = parts.length === 3 && !version.endsWith('.*') ? parts.join('.') : `${parts.join('.')}.x`
  switch (operator) {
    case '~=':
      return [`>=${padded(parts)} <${next(parts, parts.length - 2)}`]
    case '!=':
      return version.endsWith('.*') ? [`<${padded(parts)}`, `>=${next(parts, parts.length - 1)}`] : ['*']
    case '==':
    case '===':
    case '':
      return [line]
    case '<=':
      return [parts.length === 3 ? `<=${padded(parts)}` : `<${next(parts, parts.length - 1)}`]
    default:
      return [operator === '^' || operator === '~' ? `${operator}${parts.join('.')}` : `${operator}${padded(parts)}`]
  }
}

/** Composer's: `^8.2 || ^8.3`, `~8.2` (which includes 8.9), `>=8.1 <8.5`, `8.*`. */
export const composerRange: Dialect = (text) =>
  anyOf(text.replaceAll(/@\w+/g, ''), (part) => {
    const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(part)
    if (hyphen) return [part]
    const clauses = part.replaceAll(/([<>=!~^])\s+/g, '$1').split(/[\s,]+/)
    return allOf(
      clauses
        .filter(Boolean)
        .map((clause) => (clause.startsWith('~') ? tilde(clause.slice(1)) : [clause.replace(/^!=.*/, '*')])),
    )
  })

/** Ruby's and Elixir's: `~> 3.3`, `>= 1.14 and < 1.19`. */
export const gemRange: Dialect = (text) =>
  anyOf(text.replaceAll(/\s+or\s+/g, '||'), (part) =>
    allOf(
      part.split(/\s*,\s*|\s+and\s+/).map((clause) => {
        const [, operator = '', version = ''] = /^(~>|==?|!=|<=|>=|<|>)?\s*(\S+)$/.exec(clause.trim()) ?? []
        const parts = numbers(version)
        if (!parts) return null
        if (operator === '~>') return tilde(version)
        if (operator === '!=') return ['*']
        return operator === '' || operator.startsWith('=')
          ? [oneVersion(version) ?? '*']
          : [`${operator}${padded(parts)}`]
      }),
    ),
  )

/** As many parts as are written may grow, but for the first of them. */
function tilde(version: string): readonly string[] | null {
  const parts = numbers(version)
  return parts && [`>=${padded(parts)} <${next(parts, Math.max(0, parts.length - 2))}`]
}

/** Java's `1.8` is 8. */
export const javaVersion = (text: string): string => text.trim().replace(/^1\.(?=\d)/, '')

const numbers = (text: string): readonly number[] | null => {
  const match = /^v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?/.exec(text.trim())
  return match ? [match[1], match[2], match[3]].flatMap((part) => (part === undefined ? [] : [Number(part)])) : null
}

const padded = (parts: readonly number[]): string => [0, 1, 2].map((place) => parts[place] ?? 0).join('.')

/** The first version whose part at the place is another one. */
const next = (parts: readonly number[], place: number): string =>
  padded(parts.slice(0, Math.max(0, place) + 1).map((part, index) => (index === Math.max(0, place) ? part + 1 : part)))

const anyOf = (text: string, read: (part: string) => readonly string[] | null): string | null => {
  const parts = text
    .split(/\s*\|\|?\s*/)
    .slice(0, 20)
    .map((part) => read(part.trim()))
  return parts.some((part) => part === null) ? null : parts.flat().join(' || ')
}

/** Each clause is a choice; the ranges that fulfil all of them. */
function allOf(clauses: readonly (readonly string[] | null)[]): readonly string[] | null {
  let ranges: readonly string[] = ['']
  for (const clause of clauses.slice(0, 12)) {
    if (clause === null) return null
    ranges = ranges.flatMap((range) => clause.map((choice) => `${range} ${choice}`.trim())).slice(0, 64)
  }
  return ranges
}
