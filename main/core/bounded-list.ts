import { type ListBound, listBounds } from './bounds.ts'

/**
 * Paths of which a guest or a commit chose how many and how long they are. Whether there are any is what `files` says, and how many
 * is what `countOf` says: nothing is decided by which of them are named.
 */
export interface PathList {
  /** Never empty where there is one. */
  readonly files: readonly string[]
  /** How many were left out; absent when none was. */
  readonly more?: number
}

export const noPaths: PathList = { files: [] }

/** The list alone, of something that is a list and more. Pure. */
export const pathsOf = ({ files, more }: PathList): PathList => ({ files, ...(more !== undefined && { more }) })

/** Takes paths one after the other and keeps as many as a bound allows, so that a list never has to be in memory whole. */
export class BoundedList {
  readonly #bound: ListBound
  readonly #kept: string[] = []
  #bytes = 0
  #more = 0

  constructor(bound: ListBound = listBounds.paths) {
    this.#bound = bound
  }

  add(element: string): void {
    const bytes = lengthOf(element)
    const fits = this.#more === 0 && this.#kept.length < this.#bound.count && this.#bytes + bytes <= this.#bound.bytes
    if (fits || this.#kept.length === 0) {
      this.#kept.push(element)
      this.#bytes += bytes
    } else this.#more += 1
  }

  get list(): PathList {
    return { files: [...this.#kept], ...(this.#more > 0 && { more: this.#more }) }
  }
}

/** The first of the paths, as many as the bound allows, and how many more there are. Pure. */
export function pathList(paths: Iterable<string>, bound?: ListBound): PathList {
  const list = new BoundedList(bound)
  for (const path of paths) list.add(path)
  return list.list
}

export const countOf = ({ files, more = 0 }: PathList): number => files.length + more

/** For a reader: the last element says how many were left out. Pure. */
export const toldPaths = ({ files, more = 0 }: PathList): string[] =>
  more === 0 ? [...files] : [...files, `… (${more} more)`]

const encoder = new TextEncoder()
const lengthOf = (text: string): number => encoder.encode(text).length
