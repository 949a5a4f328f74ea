/** The process that did a job ended before it answered, by itself or because it passed a limit. */
export class WorkerDied extends Error {
  override readonly name = 'WorkerDied'

  /** @param how as in `it HOW` */
  constructor(how: string) {
    super(`The process that read what the task left ${how}`)
  }
}
