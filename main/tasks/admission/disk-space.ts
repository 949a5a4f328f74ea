import { AppError } from '../../core/failure.ts'
import { freeBytes } from '../../lib/files/disk-space.ts'
import type { Log } from '../../lib/log.ts'

const gibibyte = 1024 ** 3
const watchMs = 30_000

/** Where tasks write: the home with the disks of the slots, and the repositories with the tasks' folders. */
export interface Shortage {
  readonly path: string
  readonly freeGiB: number
}

/** The folders whose file system has less than that free. */
export async function findShortages(paths: readonly string[], minFreeGiB: number): Promise<readonly Shortage[]> {
  const all = await Promise.all(paths.map(async (path) => ({ path, freeGiB: (await freeBytes(path)) / gibibyte })))
  return all.filter(({ freeGiB }) => freeGiB < minFreeGiB)
}

/** @throws AppError('disk-full') with the figures when a task would begin with too little room. */
export async function requireSpace(paths: readonly string[], minFreeGiB: number): Promise<void> {
  const [shortage] = await findShortages(paths, minFreeGiB)
  if (!shortage) return
  throw new AppError('disk-full', `${shortageText(shortage)}; a new task needs ${minFreeGiB} GiB`, {
    hint: 'Free some disk space, or lower minFreeGiB in settings.json',
  })
}

export const shortageText = ({ path, freeGiB }: Shortage): string =>
  `Only ${freeGiB.toFixed(1)} GiB are free on the disk of ${path}`

/** Logs each shortage once while it lasts. `paths` says what is in use; with nothing in use nothing is looked at. */
export class DiskWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  readonly #told = new Set<string>()

  constructor(paths: () => readonly string[], minFreeGiB: () => number, log: Log) {
    this.#timer = setInterval(() => {
      void this.#look(paths(), minFreeGiB(), log).catch((error: unknown) => {
        log.warn('free disk space could not be told', { reason: String(error) })
      })
    }, watchMs).unref()
  }

  async #look(paths: readonly string[], minFreeGiB: number, log: Log): Promise<void> {
    const shortages = await findShortages(paths, minFreeGiB)
    const short = new Set(shortages.map(({ path }) => path))
    for (const path of this.#told) if (!short.has(path)) this.#told.delete(path)
    for (const { path, freeGiB } of shortages) {
      if (this.#told.has(path)) continue
      this.#told.add(path)
      log.warn('the disk is nearly full while tasks run', { path, freeGiB })
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
