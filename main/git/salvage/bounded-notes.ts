import { BoundedList } from '../../core/bounded-list.ts'
import { listBounds } from '../../core/bounds.ts'
import { cut } from '../../core/cut.ts'

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

/** Collects while something is looked through that may have any number of faults: what is beyond the limit is counted, not kept. */
export class NoteList {
  readonly #list: BoundedList

  constructor(limit = 20) {
    this.#list = new BoundedList({ count: limit, bytes: Number.POSITIVE_INFINITY }) // Each note is cut.
  }

  add(note: string): void {
    this.#list.add(cut(note))
  }

  /** With `rest`, a sentence for those that were not kept. */
  all(rest: (count: number) => string): readonly string[] {
    const { files: kept, more = 0 } = this.#list.list
    return more === 0 ? kept : [...kept, rest(more)]
  }
}
