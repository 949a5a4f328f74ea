import { chmod, mkdir, readlink, rmdir, unlink } from 'node:fs/promises'
import { sha256OfFile } from '../../lib/files/sha256-of-file.ts'
import { bytePath } from '../process/byte-path.ts'
import { move, oldFile, unlessOneOf } from './apply-steps.ts'
import { asSeen, isSameFile, lookAt, type PublishFolder, type SeenFile, type Step, see } from './journal.ts'

/**
 * Takes back what was done of the steps, in the reverse order, by what is found: a step that was not done, or not wholly, is told by its
 * files. What another program has put in place or written to since stays. Can be done again after it was cut off.
 */
export async function undoSteps(workTree: string, folder: PublishFolder, steps: readonly Step[]): Promise<void> {
  for (const step of steps.toReversed()) await undoStep(workTree, folder, step)
}

async function undoStep(workTree: string, folder: PublishFolder, step: Step): Promise<void> {
  const path = bytePath(workTree, step.path)
  switch (step.kind) {
    case 'bring': {
      const isOurs = await isBrought(path, bytePath(folder.staged, step.path), step.staged)
      if (step.over) await putBack(oldFile(folder, step.over.old), path, isOurs)
      else if (isOurs) await unlink(path)
      return
    }
    case 'make-folder':
      await rmdir(path).catch(unlessOneOf('ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'))
      return
    case 'remove-folder':
      if (await lookAt(path)) return
      await mkdir(path)
      await chmod(path, step.mode & 0o7777)
      return
    case 'away':
      await putBack(oldFile(folder, step.old), path, false)
      return
  }
}

/** What was there comes back where nothing is, or a file of ours that no one wrote to. */
async function putBack(old: Buffer, path: Buffer, isOurs: boolean): Promise<void> {
  const [kept, there] = await Promise.all([see(old), see(path)])
  if (!kept) return
  // Two names of one file: it had not been replaced.
  if (there && there.ino === kept.ino) await unlink(old)
  else if (!there || isOurs) await move(old, path)
}

/** Whether the file is what a step brought and no one has written to it since. */
async function isBrought(path: Buffer, staged: Buffer, brought: SeenFile): Promise<boolean> {
  const there = await lookAt(path)
  if (!there) return false
  if (isSameFile(asSeen(there), brought)) return true
  const original = await lookAt(staged) // Kept where it had to be copied to another file system.
  if (!original || original.size !== there.size || original.ino === there.ino) return false
  if (original.isSymbolicLink()) return there.isSymbolicLink() && (await readlink(path)) === (await readlink(staged))
  return original.isFile() && there.isFile() && (await sha256OfFile(path)) === (await sha256OfFile(staged))
}
