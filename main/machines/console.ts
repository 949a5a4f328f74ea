import { constants } from 'node:fs'
import { copyFile, open, stat, truncate } from 'node:fs/promises'
import type { HelperUser } from './helper-user.ts'

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
export async function consoleTail(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, Math.max(0, size - tailBytes))
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Moves a console that has grown too big to `PATH.1`, so that a guest that floods it cannot fill the disk. */
export async function limitConsole(path: string, limitBytes = rotateBytes): Promise<void> {
  try {
    if ((await stat(path)).size <= limitBytes) return
    await copyFile(path, `${path}.1`, constants.COPYFILE_FICLONE)
    await truncate(path, 0) // QEMU appends, so it goes on at the new end.
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
