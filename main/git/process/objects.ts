import { type GitOptions, gitConversation } from './git.ts'

/** Objects of a repository by their ids, all from one git process. Disposing it ends that. */
export interface ObjectReader extends AsyncDisposable {
  /** The object's content, a character a byte. Several may be asked for at once. @throws when there is none of that type. */
  read(id: string, type: 'commit' | 'tree'): Promise<string>
}

/** Known from its size, before any of it is read. */
export class ObjectTooLarge extends Error {
  override readonly name = 'ObjectTooLarge'
}

const largestBytes = 32 * 1024 ** 2

export async function openObjectReader(
  options: Omit<GitOptions, 'input'>,
  signal?: AbortSignal,
): Promise<ObjectReader> {
  const batch = await gitConversation(['cat-file', '--batch'], options, signal)
  const nextAnswer = async (id: string, type: 'commit' | 'tree'): Promise<string> => {
    const [, found, size] = (await batch.nextLine())?.split(' ') ?? []
    if (Number(size) > largestBytes) {
      await batch[Symbol.asyncDispose]()
      throw new ObjectTooLarge(`The ${found} ${id} is of ${size} bytes, which is more than is read of one`)
    }
    // With the newline that ends an answer; taken whatever it is, or the next answer would begin in it.
    const content = size === undefined ? undefined : await batch.read(Number(size) + 1)
    signal?.throwIfAborted()
    if (found !== type) throw new Error(`${id} is no ${type} here`)
    if (content === undefined) throw new Error(`git did not answer for ${id}`)
    return content.slice(0, -1)
  }
  /** git answers in the order of the questions. */
  let last: Promise<unknown> = Promise.resolve()
  const recent = new Recent()
  return {
    read: async (id, type) => {
      const known = recent.get(id, type)
      if (known !== undefined) return known
      batch.tell(id)
      const answer = last.then(() => nextAnswer(id, type))
      last = answer.catch(() => undefined) // Its own caller hears of it.
      const content = await answer
      recent.keep(id, type, content)
      return content
    },
    [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
  }
}

const mostRecentBytes = 16 * 1024 ** 2

/** What was read last, since the trees of one commit are those of the next one's parent; the oldest goes first. */
class Recent {
  readonly #contents = new Map<string, string>()
  #bytes = 0

  get(id: string, type: string): string | undefined {
    return this.#contents.get(`${type} ${id}`)
  }

  keep(id: string, type: string, content: string): void {
    const key = `${type} ${id}`
    if (content.length > mostRecentBytes / 8 || this.#contents.has(key)) return
    this.#contents.set(key, content)
    this.#bytes += content.length
    for (const [oldest, { length }] of this.#contents) {
      if (this.#bytes <= mostRecentBytes) return
      this.#contents.delete(oldest)
      this.#bytes -= length
    }
  }
}
