import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import type { Volume } from '../../machines/driver.ts'

/** A disk that stays as long as this is not disposed. */
export interface BorrowedDisk extends Disposable {
  readonly path: string
}

/** Who lends the disk with the environment of a repository to a machine that is about to be started; undefined where there is none. */
export interface EnvironmentLender {
  borrow(repoPath: string): Promise<BorrowedDisk | undefined>
}

/** The disks of a slot's machine, with that of its repository's environment where there is one. Pure. */
export const withPrepared = (volumes: readonly Volume[], disk: Pick<BorrowedDisk, 'path'> | undefined) =>
  disk ? [...volumes, { serial: 'environment' as const, path: disk.path }] : volumes

/** Of all repositories; the one that was used longest ago goes. */
export const mostDisks = 8
const failureMs = 24 * 60 * 60_000
/** Of what a guest said that failed. */
const reasonLimit = 4000

export const preparedFolder = (home: string): string => join(home, 'prepared')

/**
 * Disks with environments, one for each repository: `prepared/REPOSITORY/KEY.img`, the first a hash of its path. They are written by machines without
 * an agent, and only read from the moment in which they are kept. Where an environment could not be prepared `KEY.failed` says why, and
 * nobody tries it again for a day.
 */
export class PreparedDisks {
  readonly #folder: string
  readonly #inUse = new Map<string, number>()
  /** To be deleted once nobody has borrowed it any more. */
  readonly #unwanted = new Set<string>()

  constructor(home: string) {
    this.#folder = preparedFolder(home)
  }

  /** The repository's disk, for a machine that is about to be started. Undefined where there is none. */
  async borrow(repoPath: string): Promise<BorrowedDisk | undefined> {
    const [found] = await this.#disksIn(nameOf(repoPath))
    if (!found) return undefined
    const { path } = found
    this.#inUse.set(path, (this.#inUse.get(path) ?? 0) + 1)
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return {
      path,
      [Symbol.dispose]: () => {
        const left = (this.#inUse.get(path) ?? 1) - 1
        if (left > 0) this.#inUse.set(path, left)
        else this.#inUse.delete(path)
        if (left === 0 && this.#unwanted.delete(path)) void rm(path, { force: true }).catch(() => undefined) // `sweep` tries again.
      },
    }
  }

  /** Whether this very environment was prepared, or could not be within the last day: the network may have been down. */
  async isSettled(repoPath: string, key: string): Promise<boolean> {
    const path = join(this.#of(repoPath), key)
    const failed = await stat(`${path}.failed`).catch(() => undefined)
    return (await pathExists(`${path}.img`)) || (failed !== undefined && Date.now() - failed.mtimeMs < failureMs)
  }

  /** Where a machine works that prepares it; gone once that has ended. */
  workFolder(repoPath: string): string {
    return join(this.#of(repoPath), 'work')
  }

  async makeWorkFolder(repoPath: string): Promise<string> {
    const folder = this.workFolder(repoPath)
    await removeTree(folder)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }

  /** Takes a disk whose machine has ended; no helper of a machine can write it from then on. It is the repository's only one. */
  async keep(repoPath: string, key: string, disk: string): Promise<void> {
    const path = join(this.#of(repoPath), `${key}.img`)
    if (process.getuid?.() === 0) await chown(disk, 0, process.getgid?.() ?? 0)
    await chmod(disk, 0o444)
    const now = new Date()
    await utimes(disk, now, now)
    await rename(disk, path)
    await this.#dropOthers(repoPath, key)
    const all = (await Promise.all((await namesIn(this.#folder)).map((name) => this.#disksIn(name)))).flat()
    for (const { path: old } of all.toSorted(newestFirst).slice(mostDisks)) await this.#drop(old)
  }

  /** That it cannot be prepared. */
  async fail(repoPath: string, key: string, reason: string): Promise<void> {
    await mkdir(this.#of(repoPath), { recursive: true, mode: 0o700 })
    for (const name of await namesIn(this.#of(repoPath)))
      if (name.endsWith('.failed')) await rm(join(this.#of(repoPath), name), { force: true })
    await writeFile(join(this.#of(repoPath), `${key}.failed`), `${reason.slice(0, reasonLimit)}\n`, { mode: 0o600 })
  }

  /** Deletes what is of none of these repositories, and what a crash left of the others. No machine may be preparing. */
  async sweep(repoPaths: readonly string[]): Promise<void> {
    const known = new Set(repoPaths.map(nameOf))
    for (const name of await namesIn(this.#folder)) {
      const folder = join(this.#folder, name)
      const disks = await this.#disksIn(name)
      for (const { path } of known.has(name) ? disks.slice(1) : disks) await this.#drop(path)
      await removeTree(join(folder, 'work'))
      if (!known.has(name) && ![...this.#inUse.keys()].some((path) => dirname(path) === folder))
        await removeTree(folder)
    }
  }

  async #dropOthers(repoPath: string, key: string): Promise<void> {
    for (const { path } of await this.#disksIn(nameOf(repoPath)))
      if (!path.endsWith(`/${key}.img`)) await this.#drop(path)
  }

  async #drop(path: string): Promise<void> {
    if (this.#inUse.has(path)) this.#unwanted.add(path)
    else await rm(path, { force: true })
  }

  #of(repoPath: string): string {
    return join(this.#folder, nameOf(repoPath))
  }

  /** Those that are wanted, the one used last first. */
  async #disksIn(name: string): Promise<readonly Disk[]> {
    const folder = join(this.#folder, name)
    const found: Disk[] = []
    for (const file of await namesIn(folder)) {
      const path = join(folder, file)
      if (!/^[0-9a-f]{20}\.img$/.test(file) || this.#unwanted.has(path)) continue
      const stats = await stat(path).catch(() => undefined) // It may have gone meanwhile.
      if (stats) found.push({ path, usedMs: stats.mtimeMs })
    }
    return found.toSorted(newestFirst)
  }
}

interface Disk {
  readonly path: string
  readonly usedMs: number
}

const newestFirst = (a: Disk, b: Disk): number => b.usedMs - a.usedMs

const nameOf = (repoPath: string): string => createHash('sha256').update(repoPath).digest('hex').slice(0, 16)
