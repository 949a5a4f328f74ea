import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'

/** @throws AppError('flake-missing') */
export async function requireFlake(repoPath: string): Promise<void> {
  try {
    await access(join(repoPath, 'flake.nix'))
  } catch (cause) {
    throw new AppError('flake-missing', `No flake.nix found in ${repoPath}`, {
      hint: 'Add one with a devShells.default output and commit it',
      cause,
    })
  }
}
