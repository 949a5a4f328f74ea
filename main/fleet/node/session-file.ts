import { lstat, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import { sessionBytes } from '../protocol.ts'
import { belowFolder } from './assigned-task.ts'

/*
 * What an agent remembers, as one file: for each of its files the length of its name and of its content (u32 each), the name, and the content. Home keeps it and
 * reads nothing of it.
 */

const headBytes = 8
const mostFiles = 2_000
const mostDepth = 8

/**
 * Writes the regular files of a folder that a guest could write, with nothing of it running any more. What cannot be read is left out. @returns whether it
 * fits; where it does not there is no file.
 */
export async function packSession(folder: string, to: string): Promise<boolean> {
  await rm(to, { force: true })
  await using file = await open(to, 'w', 0o600)
  let bytes = 0
  let count = 0
  for await (const path of filesBelow(folder)) {
    const parts = path.split('/')
    const read = await readGuestFile(join(folder, ...parts.slice(0, -1)), parts.at(-1) ?? '', sessionBytes)
    if (read.kind !== 'read') continue
    const name = Buffer.from(path)
    const head = Buffer.alloc(headBytes)
    head.writeUInt32BE(name.length, 0)
    head.writeUInt32BE(read.bytes.length, 4)
    count += 1
    bytes += headBytes + name.length + read.bytes.length
    if (bytes > sessionBytes || count > mostFiles) {
      await rm(to)
      return false
    }
    for (const part of [head, name, read.bytes]) await file.appendFile(part)
  }
  return true
}

/** Lays down again what `packSession` wrote; nothing where there is none. @throws for what it did not write. */
export async function unpackSession(from: string, folder: string): Promise<void> {
  const all = await readFile(from).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  for (let at = 0; at < all.length; ) {
    if (all.length - at < headBytes) throw new Error('A session that was cut off')
    const [nameBytes, bytes] = [all.readUInt32BE(at), all.readUInt32BE(at + 4)]
    const begin = at + headBytes + nameBytes
    if (begin + bytes > all.length) throw new Error('A session that was cut off')
    const path = join(folder, belowFolder(all.toString('utf8', at + headBytes, begin)))
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, all.subarray(begin, begin + bytes), { mode: 0o600, flag: 'wx' })
    at = begin + bytes
  }
}

async function* filesBelow(folder: string, below = '', depth = 0): AsyncGenerator<string> {
  const isFolder = await lstat(join(folder, below)).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isFolder || depth > mostDepth) return
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(folder, path, depth + 1)
    else if (entry.isFile()) yield path
  }
}
