import type { Task } from '../../core/task/task.ts'
import { livingObjects } from '../../git/repository/object-folder.ts'
import type { Log } from '../../lib/log.ts'
import { filesOf } from '../../tasks/record/task-files.ts'
import { readLivingClone } from '../../tasks/review/look-with-worker.ts'
import type { SeatFiles } from './seat-files.ts'
import { packWork } from './store.ts'

/** How long it may take to read a clone that is at work. */
const checkpointMs = 2 * 60_000

/** What a clone held at one moment. */
export interface Packed {
  readonly commit: string
  readonly notes: readonly string[]
  /** It differs from the start and from what was packed last, and is in `checkpointPack`. */
  readonly isNew: boolean
}

/** Packs what a task has while it works. */
export class Checkpoints {
  readonly #files: SeatFiles
  readonly #log: Log
  /** The last that was packed. */
  #last: string | undefined

  constructor(files: SeatFiles, log: Log) {
    this.#files = files
    this.#log = log
  }

  /** What the task has now, files that are not committed too; null where its agent does not work, or the clone cannot be read this time. */
  async pack(task: Task | undefined): Promise<Packed | null> {
    const phase = task?.state.phase
    if (!task || (phase !== 'working' && phase !== 'waiting') || task.startCommit === null) return null
    const { id: taskId, startCommit, repoPath } = task
    const { living: folder, checkpointPack: pack } = this.#files
    const { repo: workspace } = filesOf(task)
    try {
      const request = { repoPath, workspace, folder, taskId, startCommit }
      const { commit, notes } = await readLivingClone(request, AbortSignal.timeout(checkpointMs))
      const isNew = commit !== startCommit && commit !== this.#last
      if (isNew) {
        await packWork(this.#files, { pack, startCommit, tips: [commit], objects: livingObjects(folder) })
        this.#last = commit
      }
      return { commit, notes, isNew }
    } catch (error) {
      this.#log.info('the clone could not be read while its task works', { reason: String(error) })
      return null
    }
  }

  /** A new connection knows of none. */
  forget(): void {
    this.#last = undefined
  }
}
