import { availableParallelism } from 'node:os'
import type { WorkerCommand } from './command.ts'
import type { JobLimits, Lane } from './limits.ts'
import { type Job, WorkerProcess } from './worker-process.ts'

/** A task's jobs follow each other at its end within moments, and a person's looks within seconds. */
const keptMs = 3_000

/**
 * Worker processes. Each serves one task and is gone some seconds after its last job. While a task is expected that has none yet, one
 * is ready ahead, so that the end of that task does not wait for a process to start.
 */
export class WorkerPool {
  readonly #command: () => WorkerCommand
  readonly #lanes: Readonly<Record<Lane, Seats>> = {
    end: new Seats(Math.max(2, availableParallelism())),
    look: new Seats(4),
  }
  readonly #kept = new Map<string, { readonly worker: WorkerProcess; readonly timer: NodeJS.Timeout }>()
  #ahead: Promise<WorkerProcess | undefined> | undefined
  /** Tasks that have not got their process yet. */
  readonly #expected = new Set<string>()

  constructor(command: () => WorkerCommand) {
    this.#command = command
  }

  /**
   * Does a job in a process that has done nothing for another task than this one.
   * @throws WorkerDied, or what the job threw.
   */
  async run(
    job: Job,
    { task, lane, limits }: { readonly task: string | undefined; readonly lane: Lane; readonly limits: JobLimits },
    signal?: AbortSignal,
  ): Promise<unknown> {
    await using _seat = await this.#lanes[lane].take(signal)
    signal?.throwIfAborted()
    if (task !== undefined && lane === 'end') this.#expected.delete(task)
    const worker = this.#takeKept(task) ?? (await this.#takeAhead()) ?? (await WorkerProcess.start(this.#command()))
    worker.hold(true)
    try {
      return await worker.run(job, limits, signal)
    } finally {
      if (task === undefined || worker.isOver || this.#kept.has(task)) await worker.end()
      else this.#keep(task, worker)
    }
  }

  /** Has a process ready ahead for the end of the task, until that comes or this is disposed. */
  expect(task: string): Disposable {
    this.#expected.add(task)
    this.#prepare()
    return {
      [Symbol.dispose]: () => {
        this.#expected.delete(task)
        if (this.#expected.size === 0) void this.#takeAhead().then((worker) => worker?.end())
      },
    }
  }

  #prepare(): void {
    if (this.#expected.size === 0 || this.#ahead) return
    this.#ahead = WorkerProcess.start(this.#command()).then(
      (worker) => {
        worker.hold(false)
        return worker
      },
      () => undefined, // The caller that needs one starts one, and learns why it cannot be.
    )
  }

  async #takeAhead(): Promise<WorkerProcess | undefined> {
    const ahead = this.#ahead
    this.#ahead = undefined
    const worker = await ahead
    this.#prepare()
    return worker?.isOver ? undefined : worker
  }

  #takeKept(task: string | undefined): WorkerProcess | undefined {
    const kept = task === undefined ? undefined : this.#kept.get(task)
    if (task === undefined || !kept) return undefined
    clearTimeout(kept.timer)
    this.#kept.delete(task)
    return kept.worker.isOver ? undefined : kept.worker
  }

  #keep(task: string, worker: WorkerProcess): void {
    worker.hold(false)
    const timer = setTimeout(() => {
      this.#kept.delete(task)
      void worker.end()
    }, keptMs)
    timer.unref()
    this.#kept.set(task, { worker, timer })
  }
}

/** So many at a time; the others wait in order. */
class Seats {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async take(signal?: AbortSignal): Promise<AsyncDisposable> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    const seat = {
      [Symbol.asyncDispose]: async () => {
        const next = this.#waiting.shift()
        if (next) next()
        else this.#free += 1
      },
    }
    if (signal?.aborted) await seat[Symbol.asyncDispose]()
    signal?.throwIfAborted()
    return seat
  }
}
