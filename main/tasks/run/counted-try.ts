import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { WorkerDied } from '../../worker/worker-died.ts'

const mostTries = 2

const schema = z.object({ tries: z.int().nonnegative() })

/**
 * Does what may end the process that does it, and this one too: that it is tried is on disk before, and gone once it has answered and
 * `act` resolved, or threw anything but the death of its process. What was tried twice and never answered is not tried again.
 * @throws AppError('salvage-failed') then, or what `act` throws.
 */
export async function countedTry<Result>(
  folder: string,
  act: (attempt: string) => Promise<Result>,
  { uncounted = false }: { /** Earlier tries do not count. */ readonly uncounted?: boolean } = {},
): Promise<Result> {
  const path = join(folder, 'attempts.json')
  const tries = uncounted ? 0 : await triesOnRecord(path)
  if (tries >= mostTries) {
    throw new AppError(
      'salvage-failed',
      `What the task left was set aside: reading it ended ${tries} times in the middle`,
      {
        hint: `Its files are still in ${folder}`,
      },
    )
  }
  await writeJsonAtomically(path, { tries: tries + 1 })
  try {
    const result = await act(path)
    await rm(path, { force: true })
    return result
  } catch (error) {
    if (!(error instanceof WorkerDied)) await rm(path, { force: true })
    throw error
  }
}

async function triesOnRecord(path: string): Promise<number> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8'))).tries
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    if (error instanceof SyntaxError || error instanceof z.ZodError) return 1 // Damaged by a crash, which is a try.
    throw error
  }
}
