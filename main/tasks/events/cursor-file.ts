import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { unusable } from '../../lib/files/private-folder.ts'
import type { Log } from '../../lib/log.ts'
import { parsedJson } from '../../lib/parsed-json.ts'

const contentSchema = z.object({
  schemaVersion: z.literal(1),
  /** The newest event when the file was written; later ones are not in `unheard` yet. */
  head: z.int().nonnegative(),
  /** Events that neither their owner nor anybody in its place has heard. */
  unheard: z.array(z.int().positive()),
  consumers: z.record(
    z.string(),
    z.object({
      /** Everything up to here is heard. */
      cursor: z.int().nonnegative(),
      /** The newest event when the consumer joined. */
      start: z.int().nonnegative(),
      /** ISO 8601, UTC. */
      seenAt: z.iso.datetime(),
    }),
  ),
})

export type Cursors = z.infer<typeof contentSchema>

/** `cursors.json`: what the durable consumers have heard. */
export class CursorFile {
  readonly content: Cursors
  readonly #path: string
  readonly #log: Log
  #next: Cursors | undefined
  #saving: Promise<void> | undefined

  private constructor(path: string, log: Log, content: Cursors) {
    this.#path = path
    this.#log = log
    this.content = content
  }

  /** A damaged file is moved to `PATH.damaged`: its consumers start over and may hear of an end twice. */
  static async open(path: string, log: Log): Promise<CursorFile> {
    const empty: Cursors = { schemaVersion: 1, head: 0, unheard: [], consumers: {} }
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new CursorFile(path, log, empty)
      throw unusable(path, error)
    }
    const content = parse(text)
    if (content) return new CursorFile(path, log, content)
    await rename(path, `${path}.damaged`)
    log.error('the cursors of the event log are damaged; they were moved aside', { from: path, to: `${path}.damaged` })
    return new CursorFile(path, log, empty)
  }

  /**
   * Writes the content, newest last; saves that come while one is on its way become one.
   * Never rejects: a cursor that could not be stored means that an end is reported twice after a restart, which is logged.
   */
  save(content: Cursors): Promise<void> {
    this.#next = content
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  /** Resolves when nothing is left to write. */
  async idle(): Promise<void> {
    await this.#saving
  }

  async #saveAll(): Promise<void> {
    while (this.#next) {
      const content = this.#next
      this.#next = undefined
      try {
        await writeJsonAtomically(this.#path, content)
      } catch (error) {
        this.#log.error('cursors could not be saved', { path: this.#path, reason: String(error) })
      }
    }
  }
}

const parse = (text: string): Cursors | undefined => contentSchema.safeParse(parsedJson(text)).data
