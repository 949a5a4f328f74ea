import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { allEnded } from '../../lib/all-ended.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import { runOrThrow } from '../../lib/processes/spawn.ts'

/** A pack with what belongs to it; indexes over several packs are left, they may name packs of another store. */
const packFile = /^pack-[0-9a-f]+\.(pack|idx|rev|promisor|bitmap|keep)$/
const looseFolder = /^[0-9a-f]{2}$/

/** The system call that shares blocks until one side writes: clonefile on APFS, reflink where a Linux file system has it. */
const copyFlags = process.platform === 'darwin' ? ['-c', '-R', '-L', '-f'] : ['-R', '-L', '-f', '--reflink=auto']

/** Copies the objects of all stores into one. Nothing in the copy is a link: the guest may write to what it is given. */
export async function copyObjects(stores: readonly string[], destination: string, signal?: AbortSignal): Promise<void> {
  await mkdir(join(destination, 'pack'), { recursive: true })
  for (const store of stores) {
    const folders = (await readdir(store)).filter((name) => looseFolder.test(name))
    await copyInto(store, folders, destination, signal)
    await copyPacks(join(store, 'pack'), join(destination, 'pack'), signal)
  }
}

async function copyPacks(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const packs = (await namesIn(from)).filter((name) => packFile.test(name))
  const isLittle = packs.length <= fewFiles && (await bytesOf(from, packs)) <= fewBytes
  await (isLittle ? copyHere(from, packs, to) : copyInto(from, packs, to, signal))
}

/** Up to here a start of `cp` takes longer than the copying, which cannot be interrupted. */
const fewFiles = 16
const fewBytes = 64 * 1024 ** 2

async function bytesOf(folder: string, names: readonly string[]): Promise<number> {
  const found = await Promise.all(names.map((name) => stat(join(folder, name))))
  return found.reduce((sum, { size }) => sum + size, 0)
}

async function copyHere(from: string, names: readonly string[], to: string): Promise<void> {
  await allEnded(names.map((name) => copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)))
}

/** Names that one command line takes; packs' names are 60 characters long. */
const batch = 1000

async function copyInto(from: string, names: readonly string[], to: string, signal?: AbortSignal): Promise<void> {
  for (let start = 0; start < names.length; start += batch) {
    const paths = names.slice(start, start + batch).map((name) => join(from, name))
    await runOrThrow('cp', [...copyFlags, '--', ...paths, to], {}, signal)
  }
}
