import type { Activity } from '../../preload/live-state.ts'
import type { TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import { readLastLine } from '../lib/guest/console-tail.ts'
import { GrowingGuestFile } from '../lib/guest/growing-guest-file.ts'
import { filesOf, shareNames } from '../tasks/record/task-files.ts'
import { UsageMeter } from '../tasks/run/usage-meter.ts'
import { MaskedSteps } from './steps/masked-steps.ts'
import { stepLine } from './steps/step-line.ts'

const stepsShown = 4

interface Watched {
  readonly meter: UsageMeter
  readonly stream: GrowingGuestFile
  steps: MaskedSteps
  seenChanges: number
  activity: Activity
}

/** What each running task did last, and what its agent took so far: read when asked, kept for who shows it. */
export class ActivityReader {
  readonly #watched = new Map<TaskId, Watched>()
  readonly #secrets: () => Promise<readonly string[]>

  /** `secrets` are never shown. */
  constructor(secrets: () => Promise<readonly string[]>) {
    this.#secrets = secrets
  }

  of(id: TaskId): Activity | null {
    return this.#watched.get(id)?.activity ?? null
  }

  /** Looks at these tasks, forgets all others, and answers which have something new to show. */
  async look(tasks: readonly TaskBrief[]): Promise<readonly TaskId[]> {
    const ids = new Set(tasks.map(({ id }) => id))
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id)
    const secrets = tasks.length === 0 ? [] : await this.#secrets()
    const changed = await Promise.all(tasks.map(async (task) => ((await this.#lookAt(task, secrets)) ? [task.id] : [])))
    return changed.flat()
  }

  async #lookAt(task: TaskBrief, secrets: readonly string[]): Promise<boolean> {
    const { id } = task
    const { share, console } = filesOf(task)
    const watched = this.#watched.get(id) ?? {
      meter: new UsageMeter(),
      stream: new GrowingGuestFile(share, shareNames.stream),
      steps: new MaskedSteps(),
      seenChanges: 0,
      activity: { lastLine: '', steps: [], tokens: 0, costUsd: null },
    }
    this.#watched.set(id, watched)
    const take = (chunk: Buffer): void => {
      watched.meter.add(chunk)
      watched.steps.add(chunk, secrets)
    }
    const startOver = (): void => {
      watched.steps = new MaskedSteps()
    }
    const [lastLine] = await Promise.all([readLastLine(console, secrets), watched.stream.look(take, startOver)])
    const { tokens } = watched.meter
    const { changes } = watched.steps.log
    const before = watched.activity
    if (lastLine === before.lastLine && tokens === before.tokens && changes === watched.seenChanges) return false
    watched.seenChanges = changes
    watched.activity = { lastLine, steps: watched.steps.log.last(stepsShown).map(stepLine), tokens, costUsd: null }
    return true
  }
}
