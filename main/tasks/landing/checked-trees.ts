import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { CheckReport } from '../../core/merge/check-report.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import type { CheckRules } from './check-terms.ts'

/** Sixty-four hexadecimal digits. */
export const checkKey = (tree: string, rules: CheckRules): string =>
  createHash('sha256').update(`${tree}\0${rules}`).digest('hex')

const reportSchema = z.object({
  schemaVersion: z.literal(1),
  exitCode: z.int().nullable(),
  output: z.string(),
  timedOut: z.literal(true).exactOptional(),
})

/** About 16 MB: the end of an output is all that is kept of it. */
const mostKept = 1_000

/** What checks of trees came to, in `checks/KEY.json` of the home, the newest thousand: so that the same tree is not checked twice. */
export class CheckedTrees {
  readonly #folder: string

  constructor(home: string) {
    this.#folder = join(home, 'checks')
  }

  /** Undefined where it is not known, or the file cannot be understood. */
  async find(key: string): Promise<CheckReport | undefined> {
    try {
      const { schemaVersion: _, ...report } = reportSchema.parse(JSON.parse(await readFile(this.#path(key), 'utf8')))
      return report
    } catch {
      return undefined // It is checked again, then.
    }
  }

  async keep(key: string, { exitCode, output, timedOut }: CheckReport): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await writeJsonAtomically(this.#path(key), {
      ...{ schemaVersion: 1, exitCode, output },
      ...(timedOut && { timedOut }),
    })
    const names = await namesIn(this.#folder)
    if (names.length > mostKept) await this.#forgetOldest(names)
  }

  async #forgetOldest(names: readonly string[]): Promise<void> {
    const aged = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name)
        return { path, mtimeMs: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 }
      }),
    )
    const oldest = aged.toSorted((one, other) => one.mtimeMs - other.mtimeMs).slice(0, names.length - mostKept)
    for (const { path } of oldest) await rm(path, { force: true })
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`)
  }
}
