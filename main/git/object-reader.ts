import { type GitOptions, gitConversation } from './git.ts'

/** Objects of a repository by their ids, all from one git process. Disposing it ends that. */
export interface ObjectReader extends AsyncDisposable {
  /** The object's content, a character a byte. One at a time. @throws when there is none of that type. */
  read(id: string, type: 'commit' | 'tree'): Promise<string>
}

export async function openObjectReader(
  options: Omit<GitOptions, 'input'>,
  signal?: AbortSignal,
): Promise<ObjectReader> {
  const batch = await gitConversation(['cat-file', '--batch'], options, signal)
  return {
    read: async (id, type) => {
      const head = await batch.ask(id)
      signal?.throwIfAborted()
      const [, found, size] = head?.split(' ') ?? []
      if (found !== type) throw new Error(`${id} is no ${type} here`)
      const content = await batch.read(Number(size) + 1) // With the newline that ends an answer.
      if (content === undefined) throw new Error(`git did not answer for ${id}`)
      return content.slice(0, -1)
    },
    [Symbol.asyncDispose]: () => batch[Symbol.asyncDispose](),
  }
}
