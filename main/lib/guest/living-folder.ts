import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  linkSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  unlinkSync,
} from 'node:fs'

/** A name that was found in a folder; the name is bytes. */
export type LivingEntry = Dirent<Buffer>

/**
 * A folder that a guest writes at this moment, held open. What is reached by a name of it lies in this very folder: no link is followed on the
 * way to it, whatever the guest swaps meanwhile. Methods throw what the system says, with its `code`.
 */
export interface LivingFolder extends Disposable {
  /** At most `most` names, and whether there are more. */
  list(most: number): { readonly entries: readonly LivingEntry[]; readonly more: boolean }
  folder(name: Buffer): LivingFolder
  /** A descriptor of a regular file, open for reading; the caller closes it. */
  file(name: Buffer): number
  /** Gives a regular file a second name, in a folder of the host's. */
  linkTo(name: Buffer, to: Buffer): void
  /** What a symbolic link says. */
  linkText(name: Buffer): Buffer
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const fileFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
/** Darwin's `O_NOFOLLOW_ANY`: refuses a path with a link in any part of it. */
const noFollowAny = 0x2000_0000

/** @param path real, and made by the host; the guest writes below it. */
export const openLivingFolder = (path: string, platform: NodeJS.Platform = process.platform): LivingFolder =>
  platform === 'darwin' ? folderByPath(Buffer.from(path)) : folderByDescriptor(openSync(path, folderFlags))

/** Linux: `/proc/self/fd/N/NAME` begins at the folder that is open, as `openat` would. */
function folderByDescriptor(descriptor: number): LivingFolder {
  const self = Buffer.from(`/proc/self/fd/${descriptor}`)
  const at = (name: Buffer) => below(self, name)
  return {
    list: (most) => listed(Buffer.concat([self, Buffer.from('/')]), most),
    folder: (name) => folderByDescriptor(openSync(at(name), folderFlags)),
    file: (name) => regular(openSync(at(name), fileFlags)),
    linkTo: (name, to) => {
      linkSync(at(name), to)
      if (lstatSync(to).isFile()) return
      unlinkSync(to) // It was swapped after it was listed.
      throw notRegular()
    },
    linkText: (name) => readlinkSync(at(name), 'buffer'),
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}

/** Darwin has no such paths. What was linked counts only when the same file is found by its path with no link in it. */
function folderByPath(path: Buffer): LivingFolder {
  const at = (name: Buffer) => below(path, name)
  const file = (name: Buffer) => regular(openSync(at(name), fileFlags | noFollowAny))
  return {
    list: (most) => listed(path, most),
    folder: (name) => {
      closeSync(openSync(at(name), folderFlags | noFollowAny))
      return folderByPath(at(name))
    },
    file,
    linkTo: (name, to) => {
      linkSync(at(name), to)
      try {
        const descriptor = file(name)
        const found = fstatSync(descriptor, { bigint: true })
        closeSync(descriptor)
        const linked = lstatSync(to, { bigint: true })
        if (found.ino !== linked.ino || found.dev !== linked.dev) throw notRegular()
      } catch (error) {
        unlinkSync(to)
        throw error
      }
    },
    linkText: (name) => readlinkSync(at(name), 'buffer'),
    [Symbol.dispose]: () => undefined,
  }
}

function listed(path: Buffer, most: number): ReturnType<LivingFolder['list']> {
  // Node's types know names as text alone; with this encoding they are bytes.
  const folder = opendirSync(path as unknown as string, { encoding: 'buffer' as BufferEncoding, bufferSize: 512 })
  try {
    const entries: LivingEntry[] = []
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
      if (entries.length === most) return { entries, more: true }
      entries.push(entry as unknown as LivingEntry)
    }
    return { entries, more: false }
  } finally {
    folder.closeSync()
  }
}

function regular(descriptor: number): number {
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw notRegular()
}

const below = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, Buffer.from('/'), name])

const notRegular = (): Error => Object.assign(new Error('It is no regular file any more'), { code: 'ELOOP' })
