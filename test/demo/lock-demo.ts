import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../main/core/failure.ts'
import { writeJsonAtomically } from '../../main/lib/files/atomic-file.ts'
import { type FileLock, lockFile } from '../../main/lib/files/file-lock.ts'
import { isAlive, startTimeOf } from '../../main/lib/processes/process-identity.ts'
import { readServerFile } from '../../main/web/server-file.ts'

const holderSchema = z.object({ pid: z.int().positive(), startTime: z.string(), since: z.iso.datetime() })
type Holder = z.infer<typeof holderSchema>

/**
 * The right to the demo's folder, asked for before anything in it is touched: a second demo would stop the first one's machine and
 * delete its repository. A demo that was killed does not keep the next one waiting for more than the lock's own patience.
 * @throws AppError('task-busy') with what runs where.
 */
export async function lockDemo(folder: string, signal: AbortSignal): Promise<FileLock> {
  const note = join(folder, 'demo.json')
  const holder = await readHolder(note)
  if (holder && holder.pid !== process.pid && (await isAlive(holder))) throw busy(folder, holder)
  const lock = await lockFile(join(folder, 'demo'), undefined, signal).catch(async (error: unknown) => {
    const other = await readHolder(note)
    throw other && (await isAlive(other)) ? busy(folder, other) : error
  })
  try {
    const server = await readServerFile(join(folder, 'home'))
    if (server) {
      throw new AppError('task-busy', `A server runs on the demo's own folder ${folder} (process ${server.pid})`, {
        hint: `Stop it first: kill ${server.pid}`,
      })
    }
    const startTime = await startTimeOf(process.pid)
    const me: Holder = { pid: process.pid, startTime: startTime ?? '', since: new Date().toISOString() }
    await writeJsonAtomically(note, me)
    return lock
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

const busy = (folder: string, { pid, since }: Holder): AppError =>
  new AppError('task-busy', `A demo runs already, since ${since} as process ${pid}, in ${folder}`, {
    hint: `Wait for its end, or stop it: kill ${pid}`,
  })

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined // No demo has been here yet, or its note was cut off: the lock itself decides.
  }
}
