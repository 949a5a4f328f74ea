import { lstat, mkdir, open, opendir, readFile, rm, stat, writeFile } from 'node:fs/promises'
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
/** Files, folders and whatever else is looked at. */
const mostEntries = 10_000
/** How many folders a file may lie in, below the session's own. */
const mostDepth = 8
/** As long as a path may be on Linux. */
const mostNameBytes = 4_096

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
    if (path === null) {
      await rm(to)
      return false
    }
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

/**
 * Lays down again what `packSession` wrote; nothing where there is none. What comes from a place is not believed: it is read as a whole before any of it is
 * laid down. @throws for what `packSession` would not have written.
 */
export async function unpackSession(from: string, folder: string): Promise<void> {
  for (const { name, content } of filesIn(await readPacked(from))) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(path, content, { mode: 0o600, flag: 'wx' })
  }
}

async function readPacked(from: string): Promise<Buffer> {
  try {
    if ((await stat(from)).size > sessionBytes) throw new Error(`A session of more than ${sessionBytes} bytes`)
    return await readFile(from)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

function filesIn(all: Buffer): readonly { readonly name: string; readonly content: Buffer }[] {
  const found: { name: string; content: Buffer }[] = []
  for (let at = 0; at < all.length; ) {
    if (all.length - at < headBytes) throw new Error('A session that was cut off')
    const [nameBytes, bytes] = [all.readUInt32BE(at), all.readUInt32BE(at + 4)]
    const begin = at + headBytes + nameBytes
    if (begin + bytes > all.length) throw new Error('A session that was cut off')
    if (nameBytes > mostNameBytes) throw new Error(`A session with a name of ${nameBytes} bytes`)
    if (found.length === mostFiles) throw new Error(`A session of more than ${mostFiles} files`)
    const name = belowFolder(all.toString('utf8', at + headBytes, begin))
    if (name.split('/').length > mostDepth + 1)
      throw new Error(`A session with more than ${mostDepth} folders in each other`)
    found.push({ name, content: all.subarray(begin, begin + bytes) })
    at = begin + bytes
  }
  return found
}

/** Ends with null once there are more entries than are looked at. */
async function* filesBelow(
  folder: string,
  { below = '', depth = 0, seen = { entries: 0 } } = {},
): AsyncGenerator<string | null> {
  const isFolder = await lstat(join(folder, below)).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isFolder || depth > mostDepth) return
  for await (const entry of await opendir(join(folder, below))) {
    seen.entries += 1
    if (seen.entries > mostEntries) {
      yield null
      return
    }
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(folder, { below: path, depth: depth + 1, seen })
    else if (entry.isFile()) yield path
  }
}
