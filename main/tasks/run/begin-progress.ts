import type { Task, TaskId } from '../../core/task/task.ts'
import { readLastLine } from '../../lib/guest/console-tail.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import { filesOf } from '../record/task-files.ts'

/** What goes on before the agents of tasks begin. */
export class BeginProgress {
  readonly #driver: Pick<MachineDriver, 'imageProgress'>
  /** Of each machine that is watched. */
  readonly #secrets = new Map<TaskId, string>()

  constructor(driver: Pick<MachineDriver, 'imageProgress'>) {
    this.#driver = driver
  }

  /** While a machine of the task runs, in which the secret is. */
  follow(id: TaskId, secret: string): Disposable {
    this.#secrets.set(id, secret)
    return { [Symbol.dispose]: () => void this.#secrets.delete(id) }
  }

  /** How far the guest image is that no machine can start without, in one line for a person; null where it is there. */
  image(): string | null {
    return this.#driver.imageProgress?.value ?? null
  }

  /**
   * The same for a task whose machine is to start; for one whose guest makes ready what it works in, the last line of its console: one line, which
   * the guest wrote. Null for every other.
   */
  async of(task: Pick<Task, 'id' | 'home' | 'workFolder' | 'state' | 'preparation'>): Promise<string | null> {
    if (task.state.phase === 'booting') return task.state.slot === null ? null : this.image() // Null at a place, where the image is its own.
    const secret = this.#secrets.get(task.id)
    if (task.state.phase !== 'working' || !task.preparation?.since || secret === undefined) return null
    const line = await readLastLine(filesOf(task).console, [secret])
    return line === '' ? null : line.replace(/^microvm: /, '')
  }
}
