import { closeSync, fstatSync, lstatSync, mkdirSync, readSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { isShortage } from '../shortage.ts'
import { type LivingEntry, type LivingFolder, openLivingFolder } from './living-folder.ts'

/** How one path of the folder gets into the still; what is skipped is not entered either. */
export type StillWay = 'link' | 'copy' | 'skip'

export interface StillOptions {
  /** Real path of the folder that a guest writes. */
  readonly from: string
  /** A folder of the host's on the same file system; it does not exist yet. */
  readonly to: string
  /** Of each path below the folder; latin1, one character a byte. */
  readonly way: (path: string) => StillWay
  readonly platform?: NodeJS.Platform
}

export interface Still {
  /** False when there was more than a still may hold, so that files are missing from it. */
  readonly complete: boolean
  /** Files and folders that could not be had, or changed while they were looked at. */
  readonly leftOut: number
}

const most = { entries: 400_000, depth: 200, copiedBytes: 256 * 1024 ** 2 }

/**
 * Names everything in a folder that a guest is writing once more, in a folder of the host's. No name of the still can become a link, a pipe or
 * another file any more, so that it can be read like a folder whose guest is gone; only the content of linked files still changes.
 * FIFOs, sockets, devices and files that their owner may not read are left out.
 */
export async function takeStill({ from, to, way, platform }: StillOptions, signal?: AbortSignal): Promise<Still> {
  let entriesLeft = most.entries
  let bytesLeft = most.copiedBytes
  let leftOut = 0
  let complete = true

  /** @returns false for what could not be had. */
  const attempt = (take: () => void): boolean => {
    try {
      take()
      return true
    } catch (error) {
      if (isShortage(error)) throw error // The host's fault, not the guest's.
      leftOut += 1
      return false
    }
  }
  const copy = (folder: LivingFolder, name: Buffer, target: Buffer): void => {
    const content = contentOf(folder, name, bytesLeft)
    if (content === null) return
    if (content.length > bytesLeft) complete = false
    else writeFileSync(target, content, { flag: 'wx', mode: 0o600 })
    bytesLeft -= Math.min(bytesLeft, content.length)
  }
  const take = (folder: LivingFolder, entry: LivingEntry, path: string, how: StillWay): void => {
    const target = pathIn(to, path)
    if (entry.isSymbolicLink()) symlinkSync(folder.linkText(entry.name), target)
    else if (how === 'copy') copy(folder, entry.name, target)
    else {
      folder.linkTo(entry.name, target)
      if (mayBeRead(target)) return
      unlinkSync(target)
      leftOut += 1
    }
  }
  const walk = async (folder: LivingFolder, path: string, depth: number): Promise<void> => {
    signal?.throwIfAborted()
    await turn() // The signal comes by an event of this process.
    const { entries, more } = folder.list(entriesLeft)
    entriesLeft -= entries.length
    if (more) complete = false
    for (const entry of entries) {
      const inner = path === '' ? entry.name.toString('latin1') : `${path}/${entry.name.toString('latin1')}`
      const how = way(inner)
      if (how === 'skip') continue
      if (entry.isFile() || entry.isSymbolicLink()) attempt(() => take(folder, entry, inner, how))
      else if (entry.isDirectory() && depth < most.depth) await enter(folder, entry.name, inner, depth + 1)
      else leftOut += 1
    }
  }
  const enter = async (parent: LivingFolder, name: Buffer, path: string, depth: number): Promise<void> => {
    let opened: LivingFolder | undefined
    if (!attempt(() => (opened = parent.folder(name))) || !opened) return
    using folder = opened
    if (attempt(() => mkdirSync(pathIn(to, path), { mode: 0o700 }))) await walk(folder, path, depth)
  }

  mkdirSync(to, { mode: 0o700 })
  using top = openLivingFolder(from, platform)
  await walk(top, '', 0)
  return { complete, leftOut }
}

/** Null for a file with a second name, which is not believed in any clone; longer than `limit` when it does not fit. */
function contentOf(folder: LivingFolder, name: Buffer, limit: number): Buffer | null {
  const descriptor = folder.file(name)
  try {
    const { size, nlink } = fstatSync(descriptor)
    if (nlink !== 1) return null
    const bytes = Buffer.alloc(Math.min(size, limit) + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, length)
    }
    return bytes.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

/** Whoever reads the still must have no reason to change a mode: the file is the guest's, too. */
const mayBeRead = (path: Buffer): boolean => (lstatSync(path).mode & 0o400) !== 0

const pathIn = (folder: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')])
