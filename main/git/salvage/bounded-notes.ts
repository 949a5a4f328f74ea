import { BoundedList } from '../../core/bounded-list.ts'
import { listBounds } from '../../core/bounds.ts'

const longest = 400

/** What there is to say of one salvage. */
export interface Told {
  readonly notes: string[]
  /** What could be brought nowhere and is in the clone alone, one sentence each. */
  readonly unsaved: string[]
}

/**
 * At most so many notes, each cut where it is too long, and one for how many there were beside: they go into the task's record and to
 * every client, and a guest chooses much of what they say. Pure.
 */
export function boundedNotes(notes: Iterable<string>): readonly string[] {
  const list = new BoundedList(listBounds.notes)
  for (const text of new Set([...notes].map((note) => cut(note)))) list.add(text)
  const { files: kept, more = 0 } = list.list
  return more === 0 ? kept : [...kept, `${more} more notes were left out`]
}

/** A guest's text within a sentence: no longer than a line or two, and no control characters, line breaks included. */
export const cut = (text: string, length = longest): string => {
  const plain = text.slice(0, length + 1).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return text.length <= length ? plain : `${plain.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…`
}

/** Collects while something is looked through that may have any number of faults: what is beyond the limit is counted, not kept. */
export class NoteList {
  readonly #kept: string[] = []
  readonly #limit: number
  #more = 0

  constructor(limit = 20) {
    this.#limit = limit
  }

  add(note: string): void {
    if (this.#kept.length < this.#limit) this.#kept.push(cut(note))
    else this.#more += 1
  }

  /** With `rest`, a sentence for those that were not kept. */
  all(rest: (count: number) => string): readonly string[] {
    return this.#more === 0 ? this.#kept : [...this.#kept, rest(this.#more)]
  }
}
