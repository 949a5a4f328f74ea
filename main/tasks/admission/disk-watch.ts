import { remembered } from '../../lib/cached.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { filesOf } from '../record/task-files.ts'
import type { RunningTasks } from '../run/running-tasks.ts'
import { findShortages, type Shortage, shortageText } from './disk-space.ts'

const watchMs = 30_000
const rememberedMs = 1_000

export interface DiskWatchOptions {
  readonly home: string
  /** What must be free, in GiB; left out, nothing. Read at each look: the setting can change. */
  readonly limits: { readonly minFreeGiB?: number }
  readonly catalog: Pick<TaskCatalog, 'open'>
  readonly running: Pick<RunningTasks, 'ids'>
  readonly log: Log
}

/** Watches the disks that running tasks write to, and logs each shortage once while it lasts. */
export class DiskWatch implements Disposable {
  readonly #options: DiskWatchOptions
  readonly #timer: NodeJS.Timeout
  readonly #logged = new Set<string>()
  /** Clients and window ask for warnings again and again, and a look at a file system takes longer than all else of their call. */
  readonly #shortages = remembered(() => this.#find([this.#options.home, ...this.#foldersInUse()]), rememberedMs)

  constructor(options: DiskWatchOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      void this.#look().catch((error: unknown) => {
        options.log.warn('free disk space could not be told', { reason: String(error) })
      })
    }, watchMs).unref()
  }

  /** One sentence for each disk that has too little room now: that of the home, and those that running tasks write to. */
  async warnings(): Promise<readonly string[]> {
    return [...new Set((await this.#shortages()).map(shortageText))]
  }

  async #look(): Promise<void> {
    const shortages = await this.#find(this.#foldersInUse())
    const short = new Set(shortages.map(({ path }) => path))
    for (const path of this.#logged) if (!short.has(path)) this.#logged.delete(path)
    for (const { path, freeGiB } of shortages) {
      if (this.#logged.has(path)) continue
      this.#logged.add(path)
      this.#options.log.warn('the disk is nearly full while tasks run', { path, freeGiB })
    }
  }

  #find(paths: readonly string[]): Promise<readonly Shortage[]> {
    return findShortages(paths, this.#options.limits.minFreeGiB ?? 0)
  }

  /** Where running tasks write; empty when none runs. */
  #foldersInUse(): readonly string[] {
    const { home, catalog, running } = this.#options
    const tasks = running.ids.flatMap((id) => catalog.open.get(id) ?? [])
    const folders = tasks.flatMap((task) => [task.repoPath, filesOf(task).workFolder])
    return folders.length === 0 ? [] : [...new Set([home, ...folders])]
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
