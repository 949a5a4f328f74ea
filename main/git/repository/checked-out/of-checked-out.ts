import { headStamp } from './head-stamp.ts'

interface Found<Fact> {
  readonly stamp: string
  /** Undefined where it does not hold of the commit alone, or another one was checked out meanwhile. */
  readonly fact: Promise<Fact | undefined>
}

/**
 * Remembers what was found out about the commit that is checked out in each repository, for as long as it is, so that a further question starts
 * no process, and those who ask at the same time share one.
 */
export class OfCheckedOut<Fact> {
  readonly #find: (repoPath: string) => Promise<Fact>
  readonly #lasts: (fact: Fact) => boolean
  readonly #found = new Map<string, Found<Fact>>()

  /** @param lasts whether the fact holds whenever this commit is checked out, whatever lies in the work tree. */
  constructor(find: (repoPath: string) => Promise<Fact>, lasts: (fact: Fact) => boolean) {
    this.#find = find
    this.#lasts = lasts
  }

  /** Rejects as the search does. */
  async of(repoPath: string): Promise<Fact> {
    const stamp = await headStamp(repoPath)
    if (stamp === undefined) return await this.#find(repoPath)
    const known = this.#found.get(repoPath)
    if (known?.stamp === stamp) return (await known.fact) ?? (await this.#find(repoPath))
    const found = this.#find(repoPath)
    const fact = this.#ofCommit(repoPath, stamp, found)
    const entry = { stamp, fact }
    this.#found.set(repoPath, entry)
    if ((await fact) === undefined && this.#found.get(repoPath) === entry) this.#found.delete(repoPath)
    return await found
  }

  async #ofCommit(repoPath: string, stamp: string, found: Promise<Fact>): Promise<Fact | undefined> {
    try {
      const fact = await found
      return this.#lasts(fact) && (await headStamp(repoPath)) === stamp ? fact : undefined
    } catch {
      return undefined // Whoever began the search has its error.
    }
  }
}
