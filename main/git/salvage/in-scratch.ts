import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, messageOf } from '../../core/failure.ts'
import { saysDiskFull } from '../../lib/shortage.ts'

/** What is said where the work could not be saved, and where it is kept. */
export interface NotSaved {
  message(reason: string): string
  readonly hint: string
}

/**
 * Saves a task's work by way of a folder that only we write, `salvage/` in the task's state directory, which is made anew and gone afterwards.
 * @throws the signal's reason; AppError as `save` threw it; 'disk-full' where the host has no room, else 'salvage-failed' in the given words.
 */
export async function inScratch<Saved>(
  { taskId, stateDirectory }: { readonly taskId: string; readonly stateDirectory: string },
  save: (scratch: string) => Promise<Saved>,
  notSaved: NotSaved,
  signal?: AbortSignal,
): Promise<Saved> {
  const scratch = join(stateDirectory, 'salvage')
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { recursive: true, mode: 0o700 })
  try {
    return await save(scratch)
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof AppError) throw cause
    const reason = messageOf(cause)
    throw saysDiskFull(reason)
      ? new AppError('disk-full', `No space left to save the work of task ${taskId}`, {
          hint: 'Free some disk space',
          cause,
        })
      : new AppError('salvage-failed', notSaved.message(reason), { hint: notSaved.hint, cause })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
