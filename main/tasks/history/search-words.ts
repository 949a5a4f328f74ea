import type { HistoryWish } from '../../core/task/history-wish.ts'
import type { FinishedIndex } from './finished-index.ts'
import { allOf, type Condition, listed, numbers } from './wanted-sql.ts'

/** More trigrams than these begin with no two characters that anybody looks for. */
const mostTrigrams = 2_000

/** A query for the ids of tasks in whose texts all words are, or that are named with them. What is looked for is a string to SQLite and to its full-text search. */
export function searchFor(
  words: HistoryWish['words'],
  index: Pick<FinishedIndex, 'query'>,
): { readonly select: string; readonly bound: Condition['bound'] } {
  const known = words.map((each) => ({ ...each, match: matchOf(each.word, index) }))
  const matches = known.flatMap(({ match, elsewhere }) => (match === null || elsewhere.length > 0 ? [] : [match]))
  if (matches.length === known.length) {
    return { select: 'SELECT rowid FROM texts WHERE texts MATCH $match', bound: { $match: matches.join(' AND ') } }
  }
  const { where, bound } = allOf(known.map((each, at) => conditionOf(each, `$word${at}`)))
  return { select: `SELECT id FROM tasks WHERE ${where}`, bound }
}

function conditionOf(
  { word, elsewhere, match }: HistoryWish['words'][number] & { readonly match: string | null },
  name: string,
): Condition {
  const isFound =
    match === null ? `instr(title, ${name}) > 0` : `id IN (SELECT rowid FROM texts WHERE texts MATCH ${name})`
  return {
    where: `${isFound} OR id IN (${listed(`${name}_ids`)})`,
    bound: { [name]: match ?? word, [`${name}_ids`]: numbers(elsewhere) },
  }
}

/** A full-text search for the word; null for one that no trigram can find, of one character: it is in nearly every text, and looked for in titles. */
function matchOf(word: string, index: Pick<FinishedIndex, 'query'>): string | null {
  switch ([...word].length) {
    case 1:
      return null
    case 2: {
      const trigrams = trigramsFrom(word, index)
      return trigrams.length === 0 ? quoted(`${word}${nowhere}`) : `(${trigrams.map(quoted).join(' OR ')})`
    }
    default:
      return quoted(word)
  }
}

/** In no text, since texts are no binary data. */
const nowhere = '\u{10ffff}'

/** Every trigram of the index that begins with these two characters. */
function trigramsFrom(start: string, index: Pick<FinishedIndex, 'query'>): readonly string[] {
  const sql = 'SELECT term FROM trigrams WHERE term >= $from AND term < $to LIMIT $most'
  const rows = index.query(sql, { $from: start, $to: `${start}\u{10ffff}`, $most: mostTrigrams })
  return rows.map(({ term }) => String(term))
}

/** A string of the full-text search, in which nothing has a meaning of its own (https://www.sqlite.org/fts5.html, 3.1). */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
