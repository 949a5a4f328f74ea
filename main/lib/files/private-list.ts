import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { parsedJson } from '../parsed-json.ts'
import { lockFile } from './file-lock.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

const fileBytes = 1024 ** 2

interface PrivateListOptions<Entry> {
  /** In the home. */
  readonly name: string
  /** What it holds, within a sentence. */
  readonly what: string
  readonly entry: z.ZodType<Entry>
  /** What to do when it is damaged. */
  readonly hint: string
}

/** A file of the home, for its owner alone, that holds a list which one process changes at a time. */
export class PrivateList<Entry> {
  readonly #options: PrivateListOptions<Entry>
  readonly #schema: z.ZodType<Entry[]>

  constructor(options: PrivateListOptions<Entry>) {
    this.#options = options
    this.#schema = z.array(options.entry)
  }

  path(home: string): string {
    return join(home, this.#options.name)
  }

  /** In the order in which its entries came; none where there is no file. @throws AppError('token-unsafe' | 'home-unusable') */
  async read(home: string): Promise<readonly Entry[]> {
    const { what, hint } = this.#options
    const path = this.path(home)
    const text = await readPrivateFile(path, { what, limitBytes: fileBytes })
    if (text === undefined) return []
    const parsed = this.#schema.safeParse(parsedJson(text))
    if (parsed.success) return parsed.data
    // Not what the schema says, which quotes what it read.
    throw new AppError('home-unusable', `${path} is damaged`, { hint })
  }

  /** Puts what the edit makes of the list in its place. @throws what the edit throws, and as `read` does. */
  async change(home: string, edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
    const path = this.path(home)
    await using lock = await lockFile(path)
    const changed = this.#schema.parse(edit(await this.read(home)))
    lock.assertHeld()
    await writePrivateFile(path, JSON.stringify(changed, null, 2))
  }
}
