import { basename } from 'node:path'
import { AppError } from '../core/failure.ts'

const aliasLengthLimit = 64
const aliasPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/

/** @throws AppError('alias-invalid') */
export function validateAlias(alias: string): void {
  if (aliasPattern.test(alias) && alias.length <= aliasLengthLimit) return
  throw new AppError('alias-invalid', `Not a valid alias: ${JSON.stringify(shortened(alias))}`, {
    hint: `Use letters, digits, '.', '_' and '-', not first '.' or '-', at most ${aliasLengthLimit} characters`,
  })
}

/** The folder's name with what an alias cannot hold replaced; always valid. */
export function aliasFor(path: string): string {
  const name = basename(path)
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, aliasLengthLimit)
    .replace(/[.-]+$/, '')
  return name || 'repository'
}

/** The alias itself, or the first of ALIAS-2, ALIAS-3, ... that is free; never longer than the limit. */
export function freeAlias(alias: string, isTaken: (alias: string) => boolean): string {
  if (!isTaken(alias)) return alias
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`
    const candidate = alias.slice(0, aliasLengthLimit - suffix.length) + suffix
    if (!isTaken(candidate)) return candidate
  }
}

/** The alias that the user may have meant: the nearest by edits, if it is near at all. */
export function nearestAlias(wanted: string, aliases: readonly string[]): string | undefined {
  if (wanted.length > aliasLengthLimit) return undefined
  const limit = Math.min(4, Math.max(1, Math.floor(wanted.length / 3)))
  const ranked = aliases
    .map((alias) => ({ alias, distance: editDistance(wanted.toLowerCase(), alias.toLowerCase()) }))
    .filter(({ alias, distance }) => distance <= limit || startsLike(alias, wanted))
    .sort((a, b) => a.distance - b.distance)
  return ranked[0]?.alias
}

const startsLike = (alias: string, wanted: string): boolean =>
  wanted.length >= 2 && alias.toLowerCase().startsWith(wanted.toLowerCase())

const shortened = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 79)}…`)

/** Letters put in, left out or changed, and neighbours swapped, to get from one to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + changed,
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY
