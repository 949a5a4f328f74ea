import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { namesIn } from '../../lib/files/names-in.ts'
import { moveIn, readingToo, writingInto } from '../repository/object-folder.ts'
import { makePack, type NewObject } from './make-pack.ts'

const compress = promisify(deflate)

/** Objects that are not yet the repository's: gone when it is disposed, unless they were let in. */
export interface Quarantine extends AsyncDisposable {
  /** For git processes that write here and read both. */
  readonly writing: Readonly<Record<string, string>>
  /** For git processes that only read both. */
  readonly reading: Readonly<Record<string, string>>
  /** Answers the new commit's id. It is held in memory; git sees it after the next `flush`. */
  writeCommit(content: string): Promise<string>
  /** The same of a tree, whose bytes are given as latin1. */
  writeTree(content: string): Promise<string>
  /** What git does not see yet, as it was written; undefined for anything else. */
  held(id: string): string | undefined
  /** Has git see what is held. */
  flush(): Promise<void>
  /** Writes a commit that nothing will refer to: git sees it at once, and it is never let in. */
  writePassingCommit(content: string): Promise<string>
  isEmpty(): Promise<boolean>
  /**
   * Moves all but the passing commits into the repository's own store. Until the quarantine is disposed no `git repack` of the user's
   * takes them for garbage: a caller that wants them refers to them before.
   */
  publishObjects(): Promise<void>
}

/** git's own name for such folders, which its gc removes should we not come to it. */
const prefix = 'tmp_objdir-microvm-'

/** From so many objects on, one pack: each file of its own costs more than all of their content. */
const fewestInPack = 10
/** A pack is made in memory, three times over while it is: ten thousand commits take no more than a thousand. */
const mostHeldBytes = 8 * 1024 * 1024
const mostHeld = 4_000

/**
 * Anyone who may use the store may use what is let into it, whatever our umask: in a repository that a group shares, a folder of ours
 * would keep the others from their own commits.
 */
export async function openQuarantine(commonDirectory: string, objectFormat: 'sha1' | 'sha256'): Promise<Quarantine> {
  const store = join(commonDirectory, 'objects')
  const storeMode = (await stat(store)).mode & 0o7777
  const folder = await mkdtemp(join(store, prefix))
  const held = new Map<string, NewObject>()
  let heldBytes = 0
  const passing = new Set<string>()
  const packs: string[] = []
  const keepers: string[] = []

  const identify = (type: NewObject['type'], content: string): NewObject => {
    const body = Buffer.from(content, 'latin1')
    const id = createHash(objectFormat).update(headOf(type, body)).update(body).digest('hex')
    return { id, type, body }
  }
  /** `flush`: on disk before it is answered, as git does it with packs and not with loose objects (git-config(1), core.fsync). */
  const writeReadOnly = async (path: string, content: Buffer, { flush }: { flush: boolean }): Promise<void> => {
    await writeFile(path, content, { mode: 0o444, flag: 'wx', flush }).catch(unlessItExists)
    await chmod(path, storeMode & 0o444)
  }
  const writeLoose = async ({ id, type, body }: NewObject): Promise<void> => {
    const fan = join(folder, id.slice(0, 2))
    await mkdir(fan, { recursive: true })
    await writeReadOnly(join(fan, id.slice(2)), await compress(Buffer.concat([headOf(type, body), body])), {
      flush: false,
    })
  }
  const writePack = async (objects: readonly NewObject[]): Promise<void> => {
    const { name, pack, index } = await makePack(objects, objectFormat)
    await mkdir(join(folder, 'pack'), { recursive: true })
    await Promise.all([
      writeReadOnly(join(folder, 'pack', `${name}.pack`), pack, { flush: true }),
      writeReadOnly(join(folder, 'pack', `${name}.idx`), index, { flush: true }),
    ])
    packs.push(name)
  }
  const flush = async (): Promise<void> => {
    const objects = [...held.values()]
    if (objects.length < fewestInPack) await Promise.all(objects.map(writeLoose))
    else await writePack(objects)
    for (const { id, body } of objects) {
      passing.delete(id)
      held.delete(id)
      heldBytes -= body.length
    }
  }
  const hold = async (type: NewObject['type'], content: string): Promise<string> => {
    const object = identify(type, content)
    if (!held.has(object.id)) heldBytes += object.body.length
    held.set(object.id, object)
    if (heldBytes > mostHeldBytes || held.size > mostHeld) await flush()
    return object.id
  }
  const folderInStore = async (name: string): Promise<string> => {
    const isNew = (await mkdir(join(store, name), { recursive: true })) !== undefined
    if (isNew) await chmod(join(store, name), storeMode)
    return join(store, name)
  }
  return {
    writing: writingInto(folder, store),
    reading: readingToo(folder),
    writeCommit: (content) => hold('commit', content),
    writeTree: (content) => hold('tree', content),
    held: (id) => held.get(id)?.body.toString('latin1'),
    flush,
    writePassingCommit: async (content) => {
      const object = identify('commit', content)
      await writeLoose(object)
      passing.add(object.id)
      return object.id
    },
    isEmpty: async () => held.size === 0 && (await readdir(folder)).length === 0,
    publishObjects: async () => {
      await flush()
      for (const name of packs) {
        const to = join(await folderInStore('pack'), name)
        await writeFile(`${to}.keep`, keeperContent, { flag: 'wx' }).then(
          () => keepers.push(`${to}.keep`),
          unlessItExists,
        )
        // The index last: with it the pack is there for git.
        for (const part of ['pack', 'idx']) await moveIn(join(folder, 'pack', `${name}.${part}`), `${to}.${part}`)
      }
      for (const name of await readdir(folder)) {
        if (name === 'pack' || name === 'info') continue
        const to = await folderInStore(name)
        for (const file of await readdir(join(folder, name))) {
          if (!passing.has(name + file)) await moveIn(join(folder, name, file), join(to, file))
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      // What the merge came to is decided: a file that stays here is git's to clean up.
      for (const keeper of keepers) await rm(keeper, { force: true }).catch(() => undefined)
      await rm(folder, { recursive: true, force: true }).catch(() => undefined)
    },
  }
}

const keeperContent = 'microvm-orchestrator\n'

/** Lets git repack again what a process that died while it merged has kept. For who holds the repository's lock. */
export async function removeKeepers(commonDirectory: string): Promise<void> {
  const packs = join(commonDirectory, 'objects', 'pack')
  for (const name of await namesIn(packs)) {
    if (!name.endsWith('.keep')) continue
    const keeper = join(packs, name)
    if ((await readFile(keeper, 'utf8')) === keeperContent) await rm(keeper, { force: true })
  }
}

const headOf = (type: NewObject['type'], body: Buffer): Buffer => Buffer.from(`${type} ${body.length}\0`)

const unlessItExists = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
}
