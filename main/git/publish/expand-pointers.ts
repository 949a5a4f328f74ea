import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bytePath } from '../process/byte-path.ts'
import { lfsObjectId, lfsObjectPath, longestPointer } from '../repository/lfs-pointer.ts'

/**
 * Puts the content in place of Git LFS pointers among the staged files, as far as the repository's own store has it: git-lfs itself
 * would ask the server that the commit names. Answers the paths that stay pointers.
 */
export async function expandPointers(
  staged: string,
  commonDirectory: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const left: string[] = []
  for (const path of paths) {
    const file = bytePath(staged, path)
    const pointer = await readPointer(file)
    if (!pointer) continue
    const object = join(commonDirectory, 'lfs', 'objects', lfsObjectPath(pointer.id))
    if (!(await copyVerified(object, file, pointer))) left.push(path)
  }
  return left
}

export interface Pointer {
  readonly id: string
  readonly size: number
}

/** Undefined for everything that is no pointer. */
async function readPointer(file: Buffer): Promise<Pointer | undefined> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined // Outside a sparse checkout.
    throw error
  })
  if (!found?.isFile() || found.size > longestPointer) return undefined
  return parsePointer(await readFile(file, 'latin1'))
}

/** Pure. */
export function parsePointer(text: string): Pointer | undefined {
  const id = lfsObjectId(text)
  const size = /^size (\d{1,15})$/m.exec(text)?.[1]
  return id === undefined || size === undefined ? undefined : { id, size: Number(size) }
}

/** False, with the file as it was, where there is no such object or it is not what its name says. */
async function copyVerified(object: string, file: Buffer, { id, size }: Pointer): Promise<boolean> {
  const found = await lstat(object).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found?.isFile() || found.size !== size) return false
  const incoming = Buffer.concat([file, Buffer.from('.microvm-content')])
  const hash = createHash('sha256')
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(createReadStream(object), counted, createWriteStream(incoming, { flags: 'wx' }))
  if (hash.digest('hex') !== id) return false
  await chmod(incoming, (await lstat(file)).mode & 0o7777)
  await rename(incoming, file)
  return true
}
