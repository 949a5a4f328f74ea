import { constants, createReadStream, createWriteStream } from 'node:fs'
import { open, rename, stat, truncate } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { tailOf } from '../../lib/guest/console-tail.ts'
import type { HelperUser } from '../helper-user.ts'

const rotateBytes = 64 << 20
const tailBytes = 64 << 10

/** Makes the file that receives the guest's console, readable for its owner alone; what an earlier machine wrote stays. */
export async function prepareConsole(path: string, user: HelperUser): Promise<void> {
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600,
  )
  try {
    if (user.kind === 'dropped') await file.chown(user.uid, user.gid)
  } finally {
    await file.close()
  }
}

/** The end of a console, as text. Empty when there is none. */
export const consoleTail = async (path: string): Promise<string> => (await tailOf(path, tailBytes)).toString('utf8')

/**
 * Moves the end of a console that takes too much room to `PATH.1`, so that a guest that floods it cannot fill the disk. A hypervisor that
 * appends goes on at the new end; one that does not leaves a hole where the moved part was, which takes no room.
 * @returns whether it did.
 */
export async function limitConsole(path: string, limitBytes = rotateBytes): Promise<boolean> {
  try {
    const { size, blocks } = await stat(path)
    if (Math.min(size, blocks * 512) <= limitBytes) return false
    const end = createReadStream(path, { start: Math.max(0, size - limitBytes), end: size - 1 })
    await pipeline(end, createWriteStream(`${path}.1`, { mode: 0o600 }))
    await truncate(path, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return false
  }
}

/** The same with the machine off: what it said last is at `PATH`. */
export async function cutConsole(path: string, limitBytes = rotateBytes): Promise<void> {
  if (await limitConsole(path, limitBytes)) await rename(`${path}.1`, path)
}

/** Saves what an earlier machine wrote, as `PATH.1`, from a hypervisor that begins its console by emptying the file. */
export async function setConsoleAside(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > 0) await rename(path, `${path}.1`)
}
