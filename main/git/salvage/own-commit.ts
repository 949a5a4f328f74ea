import { cut } from '../../core/cut.ts'
import { plainDiff } from '../changes/list-changes.ts'
import { shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, zeroSeparated } from '../process/git.ts'
import { commitFiles } from './commit-files.ts'
import type { Variant } from './publish-work.ts'
import type { SavedWork } from './save-work-trees.ts'
import { withoutRefused } from './without-refused.ts'

/** Paths that one sentence names. */
const mostNamed = 5

/** A commit that we make of a work tree's files, and what becomes of it when git refuses some of them. */
export class OwnCommit {
  readonly id: string
  readonly work: SavedWork
  /** What of it was brought to its ref, or tried last; null when nothing was. */
  placed: string | null = null
  readonly #taskId: string
  readonly #receiver: GitOptions
  readonly #signal: AbortSignal | undefined

  private constructor(id: string, work: SavedWork, how: How) {
    this.id = id
    this.work = work
    this.#taskId = how.taskId
    this.#receiver = how.receiver
    this.#signal = how.signal
  }

  /** null where the files do not differ from the commit that they stand on. */
  static async of(work: SavedWork, how: How): Promise<OwnCommit | null> {
    if (work.tree === null) return null
    const id = await commitFiles({ ...optionsFor(work, how.taskId), tree: work.tree }, how.receiver, how.signal)
    return id === null ? null : new OwnCommit(id, work, how)
  }

  /** The same with what git refused as it was before; null when nothing is left of it. */
  async without(refused: ReadonlySet<string>): Promise<string | null> {
    const options = { base: this.work.base, commit: this.id, refused, receiver: this.#receiver.cwd }
    const tree = await withoutRefused(options, this.#receiver, this.#signal)
    this.placed =
      tree && (await commitFiles({ ...optionsFor(this.work, this.#taskId), tree }, this.#receiver, this.#signal))
    return this.placed
  }

  /** To be tried one after the other. */
  variants(what: string, without = what): readonly Variant[] {
    const whole = async () => {
      this.placed = this.id
      return this.id
    }
    const less = { what: without, isOurs: true, make: (refused: ReadonlySet<string>) => this.without(refused) }
    // Twice, since git may say of some only when the others are gone.
    return [{ what, isOurs: true, make: whole }, less, less]
  }

  /** Says which of its files are in the clone alone now; null when none is. */
  async unsaved(): Promise<string | null> {
    if (this.placed === this.id) return null
    const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', ...plainDiff]
    const call = await gitOrThrow([...args, this.placed ?? this.work.base, this.id, '--'], this.#receiver, this.#signal)
    const paths = zeroSeparated(call.stdout)
    const named = paths.slice(0, mostNamed).map((path) => cut(shownPath(path), 60))
    const rest = paths.length > named.length ? ` and ${paths.length - named.length} more` : ''
    return `${named.join(', ')}${rest} of the ${this.work.from}: only in the clone, since git refuses to take it`
  }
}

interface How {
  readonly taskId: string
  readonly receiver: GitOptions
  readonly signal: AbortSignal | undefined
}

const optionsFor = ({ base, of, onLine }: SavedWork, taskId: string) => ({ base, of, taskId, isOld: !onLine })
