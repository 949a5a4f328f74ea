import { realpath } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { TaskFiles } from '../record/task-files.ts'

/**
 * Looks at each step of the paths that a guest is about to be given, below the home or the folder that a setting names: what a guest has
 * been given is written by it, so none may lead elsewhere.
 * @throws AppError('boot-failed') with the path when one is a link.
 */
export async function requireOwnFolders({ home, folder, workFolder, share, repo }: TaskFiles): Promise<void> {
  const root = workFolder === folder ? home : dirname(workFolder)
  for (const path of [share, repo]) {
    if ((await realpath(path)) === join(await realpath(root), relative(root, path))) continue
    throw new AppError('boot-failed', `There is a link on the way to ${path}, which the guest would write through`, {
      hint: `Only microvm-orchestrator makes folders there: see what made it, and remove it`,
    })
  }
}
