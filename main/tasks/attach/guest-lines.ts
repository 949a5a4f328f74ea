import { AppError } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import { GuestLine, type LineTarget } from '../../machines/attach/guest-line.ts'
import type { LineStream } from '../../machines/attach/line-stream.ts'
import type { Machine } from '../../machines/driver.ts'

/** The lines to the machines that are watched: each is opened when it is first used, and again after it was lost. */
export class GuestLines implements Disposable {
  readonly #log: Log
  readonly #machines = new Map<TaskId, FollowedMachine>()
  readonly #awaited = new Set<{ readonly id: TaskId; readonly come: () => void }>()
  readonly #over = new AbortController()

  constructor(log: Log) {
    this.#log = log
  }

  /** Has the task's machine be reached by its id until the result is disposed, which closes all that is open to it. */
  follow(id: TaskId, machine: Pick<Machine, 'openLine'>): Disposable {
    const followed: FollowedMachine = { machine, over: new AbortController(), line: undefined, last: undefined }
    this.#machines.set(id, followed)
    for (const awaited of this.#awaited) if (awaited.id === id) awaited.come()
    return {
      [Symbol.dispose]: () => {
        end(followed)
        if (this.#machines.get(id) === followed) this.#machines.delete(id)
      },
    }
  }

  /** Resolves when the task's machine is followed. @throws the signal's reason, or AppError('interrupted') when nothing is followed any more. */
  async followed(id: TaskId, signal: AbortSignal): Promise<void> {
    if (this.#machines.has(id)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const awaited = { id, come: resolve }
    this.#awaited.add(awaited)
    try {
      await abortable(promise, AbortSignal.any([signal, this.#over.signal]))
    } finally {
      this.#awaited.delete(awaited)
    }
  }

  /**
   * Opens something in the task's machine.
   * @throws AppError('task-busy') when it has none at the moment, or too much is open; 'guest-failed' when the guest does not open it.
   */
  async open(id: TaskId, target: LineTarget, signal: AbortSignal): Promise<LineStream> {
    const followed = this.#machines.get(id)
    if (!followed) throw noMachine(id)
    const line = await abortable(this.#lineOf(id, followed), signal)
    return await line.open(target, signal)
  }

  [Symbol.dispose](): void {
    this.#over.abort(new AppError('interrupted', 'The orchestrator was stopped'))
    for (const followed of this.#machines.values()) end(followed)
  }

  /** What waits for one line waits together; a line that could not be opened, or is gone, is opened anew. */
  async #lineOf(id: TaskId, followed: FollowedMachine): Promise<GuestLine> {
    const { openLine } = followed.machine
    if (openLine === null) {
      throw new AppError(
        'task-busy',
        `The machine of task '${id}' was started before the update: it cannot be attached to`,
        {
          hint: 'A machine that is started from now on can be',
        },
      )
    }
    if (followed.last?.isOpen === false) forget(followed)
    followed.line ??= this.#begin(id, followed, openLine)
    return await followed.line
  }

  #begin(id: TaskId, followed: FollowedMachine, openLine: NonNullable<Machine['openLine']>): Promise<GuestLine> {
    const { signal } = followed.over
    const begin = async (): Promise<GuestLine> => {
      const line = await GuestLine.begin(await openLine(signal), signal)
      void line.closed.then(() => this.#log.info('the line to a machine is gone', { taskId: id }))
      followed.last = line
      return line
    }
    const begun = begin()
    begun.catch(() => {
      if (followed.line === begun) forget(followed)
    })
    return begun
  }
}

export const noMachine = (id: TaskId): AppError =>
  new AppError('task-busy', `Task '${id}' has no machine at the moment`, { hint: 'Try again when it works' })

interface FollowedMachine {
  readonly machine: Pick<Machine, 'openLine'>
  readonly over: AbortController
  line: Promise<GuestLine> | undefined
  /** The one that was open last, and may be gone. */
  last: GuestLine | undefined
}

function forget(followed: FollowedMachine): void {
  followed.line = undefined
  followed.last = undefined
}

function end({ over, line }: FollowedMachine): void {
  over.abort(new AppError('task-ended', 'The machine of the task is gone'))
  void line?.then(
    (open) => open.close(),
    () => undefined,
  )
}

/** The caller need not wait for what others wait for, too. */
async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    promise.catch(() => undefined)
    aborted.catch(() => undefined)
  }
}
