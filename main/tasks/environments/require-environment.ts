import { realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { type EnvironmentWish, environmentWords } from '../../core/environment/environment.ts'
import { AppError } from '../../core/failure.ts'
import { readFlakeFiles } from '../../environment/flake-files.ts'
import { expandHome } from '../../lib/files/absolute-path.ts'

/**
 * The environment that a user names: a word, or a folder with a flake. What looks like neither is refused, and so is a folder inside the
 * repository, where a commit could change it.
 * @throws AppError('argument-invalid' | 'environment-invalid')
 */
export async function requireEnvironment(word: string, repoPath: string, cwd: string): Promise<EnvironmentWish> {
  const kind = environmentWords.find((one) => one === word)
  if (kind) return { kind }
  if (!/[/~.]/.test(word)) {
    throw new AppError('argument-invalid', `There is no environment '${word.slice(0, 40)}'`, {
      hint: `Use ${environmentWords.join(', ')}, or the path of a folder with a flake, such as ./${word.slice(0, 40)}`,
    })
  }
  const named = resolve(cwd, expandHome(word))
  const path = await realpath(named).catch(() => named) // What is not there is refused by the look at its files.
  await readFlakeFiles(path)
  const inside = relative(repoPath, join(path, '.'))
  if (inside === '' || !inside.startsWith('..')) {
    throw new AppError('argument-invalid', `${path} lies in the repository, where a commit could change it`, {
      hint: "Name a folder outside, or use 'flake' for the repository's own flake.nix",
    })
  }
  return { kind: 'folder', path }
}
