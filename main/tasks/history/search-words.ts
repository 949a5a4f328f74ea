import type { HistoryWish } from '../../core/task/history-wish.ts'
import type { FinishedIndex } from './finished-index.ts'
import { type Condition, listed, numbers } from './wanted-sql.ts'

/** More trigrams than these begin with no two characters that anybody looks for. */
const mostTrigrams = 2_000

/** Tasks in whose texts each word is found, or that are named with it. What is looked for is a string to SQLite and to its full-text search. */
export function conditionsOfWords(
  words: HistoryWish['words'],
  index: Pick<FinishedIndex, 'query'>,
): readonly Condition[] {
  return words.map(({ word, elsewhere }, at) => {
    const name = `$word${at}`
    const also = elsewhere.length === 0 ? '' : ` OR id IN (${listed(`${name}_ids`)})`
    const bound = also === '' ? {} : { [`${name}_ids`]: numbers(elsewhere) }
    const inTexts = `id IN (SELECT rowid FROM texts WHERE texts MATCH ${name})`
    switch ([...word].length) {
      case 1: // In nearly every text: of use for what has titles of few characters.
        return { where: `instr(title, ${name}) > 0${also}`, bound: { ...bound, [name]: word } }
      case 2: {
        const trigrams = trigramsFrom(word, index)
        if (trigrams.length === 0) return { where: `FALSE${also}`, bound }
        return { where: inTexts + also, bound: { ...bound, [name]: trigrams.map(quoted).join(' OR ') } }
      }
      default:
        return { where: inTexts + also, bound: { ...bound, [name]: quoted(word) } }
    }
  })
}

/** The same of words of three characters and more, which are in no other places, by one search. */
export const matchOfAll = (words: HistoryWish['words']) => ({
  select: 'SELECT rowid FROM texts WHERE texts MATCH $match',
  bound: { $match: words.map(({ word }) => quoted(word)).join(' AND ') },
})

/** Every trigram of the index that begins with these two characters. */
function trigramsFrom(start: string, index: Pick<FinishedIndex, 'query'>): readonly string[] {
  const sql = 'SELECT term FROM trigrams WHERE term >= $from AND term < $to LIMIT $most'
  const rows = index.query(sql, { $from: start, $to: `${start}\u{10ffff}`, $most: mostTrigrams })
  return rows.map(({ term }) => String(term))
}

/** A string of the full-text search, in which nothing has a meaning of its own (https://www.sqlite.org/fts5.html, 3.1). */
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
