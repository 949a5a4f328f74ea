import { AppError } from '../core/failure.ts'

/** The process that did a job ended before it answered, by itself or because it passed a limit. */
export class WorkerDied extends AppError {
  /** @param how as in `it HOW` */
  constructor(how: string) {
    super('salvage-failed', `The process that read what the task left ${how}`, {
      hint: 'What the task left is kept as it is',
    })
  }
}
