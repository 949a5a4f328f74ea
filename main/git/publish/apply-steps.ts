import type { Stats } from 'node:fs'
import { chmod, copyFile, lchown, link, lstat, mkdir, readlink, rename, rmdir, symlink, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { bytePath } from '../process/byte-path.ts'
import { noLinks } from './hold-index.ts'
import { isSameFile, lookAt, type PublishFolder, type SeenFile, type Step, see } from './journal.ts'

/** A file that someone changed since it was looked at. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile'
  readonly path: string

  constructor(path: string) {
    super(`${path} was changed meanwhile`)
    this.path = path
  }
}

/** What the system said of one path. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed'
  readonly path: string
  readonly code: string

  constructor(path: string, cause: unknown) {
    super(String(cause), { cause })
    this.path = path
    this.code = (cause as NodeJS.ErrnoException).code ?? ''
  }
}

/** Changes the work tree step by step. @throws ChangedMeanwhile or StepFailed at the first that fails: then `undoSteps` is due. */
export async function applySteps(workTree: string, folder: PublishFolder, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    try {
      await applyStep(workTree, folder, step)
    } catch (error) {
      throw error instanceof ChangedMeanwhile ? error : new StepFailed(step.path, error)
    }
  }
}

async function applyStep(workTree: string, folder: PublishFolder, step: Step): Promise<void> {
  const path = bytePath(workTree, step.path)
  switch (step.kind) {
    case 'away':
      await requireUnchanged(path, step.path, step.was)
      await move(path, oldFile(folder, step.old))
      await unlink(path).catch(unlessOneOf('ENOENT')) // It was copied.
      return
    case 'remove-folder':
      await rmdir(path).catch(unlessOneOf('ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'))
      return
    case 'make-folder':
      await mkdir(path).catch(unlessOneOf('EEXIST'))
      return
    case 'bring': {
      const staged = bytePath(folder.staged, step.path)
      await takeGroup(staged, path)
      if (step.over) {
        await requireUnchanged(path, step.path, step.over.was)
        await keep(path, oldFile(folder, step.over.old))
        await move(staged, path)
      } else await moveNew(staged, path, step.path)
      return
    }
  }
}

async function requireUnchanged(path: Buffer, name: string, was: SeenFile): Promise<void> {
  if (!isSameFile(await see(path), was)) throw new ChangedMeanwhile(name)
}

export const oldFile = (folder: PublishFolder, old: number): Buffer => bytePath(folder.old, String(old))

/** A second name for what is about to be replaced, so that no moment is without the file; where there are none, it moves. */
async function keep(path: Buffer, old: Buffer): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) return await move(path, old) // Some systems would follow it.
  await link(path, old).catch(async (error: NodeJS.ErrnoException) => {
    if (!noLinks.has(error.code ?? '')) throw error
    await move(path, old)
  })
}

/** As `move`, but never over a file that came there since. */
async function moveNew(from: Buffer, to: Buffer, name: string): Promise<void> {
  if (!(await lstat(from)).isSymbolicLink()) {
    try {
      await link(from, to)
      await unlink(from)
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') throw new ChangedMeanwhile(name)
      if (!noLinks.has(code)) throw error
    }
  }
  if (await lookAt(to)) throw new ChangedMeanwhile(name)
  await move(from, to)
}

/**
 * A rename; between file systems a copy beside the target and a rename, so that there is either the whole file or none. What was copied
 * stays where it was, too: by it the copy is known for ours.
 */
export async function move(from: Buffer, to: Buffer): Promise<void> {
  try {
    await rename(from, to)
    return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
  }
  const found = await lstat(from)
  const beside = Buffer.concat([
    Buffer.from(`${dirname(to.toString('latin1'))}/.microvm-incoming-`, 'latin1'),
    suffix(found),
  ])
  try {
    if (found.isSymbolicLink()) await symlink(await readlink(from, { encoding: 'buffer' }), beside)
    else {
      await copyFile(from, beside)
      await chmod(beside, found.mode & 0o7777)
    }
    await rename(beside, to)
  } catch (error) {
    await unlink(beside).catch(unlessOneOf('ENOENT'))
    throw error
  }
}

const suffix = ({ ino }: Stats) => Buffer.from(String(ino))

/** In a folder that hands its group on, git's own new file would have that group. */
async function takeGroup(staged: Buffer, path: Buffer): Promise<void> {
  const parent = Buffer.from(dirname(path.toString('latin1')), 'latin1')
  const [folder, file] = await Promise.all([lstat(parent), lstat(staged)])
  if ((folder.mode & 0o2000) !== 0 && folder.gid !== file.gid) await lchown(staged, file.uid, folder.gid)
}

export const unlessOneOf =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error
    return undefined
  }
