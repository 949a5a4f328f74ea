import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../../core/failure.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import type { Log } from '../../lib/log.ts'

/** A folder that was to be deleted and is still there. */
export type Undeleted = {
  path: string
  /** Why, in the system's words. */
  reason: string
  /** When it was tried first; ISO 8601, UTC. */
  since: string
}

const contentSchema = z.object({
  schemaVersion: z.literal(1),
  folders: z.array(z.object({ path: z.string().startsWith('/'), reason: z.string(), since: z.string() })),
})

const deletionsPath = (home: string): string => join(home, 'deletions.json')

/**
 * `deletions.json`: folders of cleaned-up tasks and old images that could not be deleted, so that each is tried again and none is forgotten.
 * One that cannot be deleted keeps nothing else from being deleted.
 */
export class Deletions {
  readonly #path: string
  readonly #log: Log
  readonly #left: Map<string, Undeleted>
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, log: Log, left: readonly Undeleted[]) {
    this.#path = path
    this.#log = log
    this.#left = new Map(left.map((one) => [one.path, one]))
  }

  /** A damaged file is moved to `PATH.damaged`: what it named is then found by `doctor`. */
  static async open(home: string, log: Log): Promise<Deletions> {
    const path = deletionsPath(home)
    const left = await readUndeleted(home)
    if (left) return new Deletions(path, log, left)
    await rename(path, `${path}.damaged`)
    log.warn('the list of what could not be deleted is damaged; it was moved aside', { to: `${path}.damaged` })
    return new Deletions(path, log, [])
  }

  /** What could not be deleted so far. */
  get left(): readonly Undeleted[] {
    return [...this.#left.values()]
  }

  /** Deletes the folder; one that stays is remembered. @returns why it stays, null when it is gone. Never rejects. */
  async remove(path: string): Promise<string | null> {
    try {
      await removeTree(path)
      if (this.#left.delete(path)) await this.#save()
      return null
    } catch (error) {
      const reason = messageOf(error)
      const since = this.#left.get(path)?.since ?? new Date().toISOString()
      this.#left.set(path, { path, reason, since })
      this.#log.warn('a folder could not be deleted, and is tried again at the next prune', { path, reason })
      await this.#save()
      return reason
    }
  }

  /** Tries each again that could not be deleted. */
  async retry(): Promise<void> {
    for (const { path } of this.left) {
      if ((await this.remove(path)) === null) this.#log.info('a folder could be deleted after all', { path })
    }
  }

  #save(): Promise<void> {
    const content = { schemaVersion: 1, folders: this.left }
    this.#last = this.#last
      .then(() => writeJsonAtomically(this.#path, content))
      .catch((error: unknown) => {
        this.#log.warn('what could not be deleted could not be written down', { reason: String(error) })
      })
    return this.#last
  }
}

/** Undefined when the file cannot be understood. */
export async function readUndeleted(home: string): Promise<readonly Undeleted[] | undefined> {
  const path = deletionsPath(home)
  if (!(await pathExists(path))) return []
  try {
    return contentSchema.parse(JSON.parse(await readFile(path, 'utf8'))).folders
  } catch {
    return undefined // The caller sets it aside, or says so.
  }
}
