import { resolve } from 'node:path'
import { AppError } from '../core/failure.ts'
import { excludeTasks } from '../git/exclude-tasks.ts'
import { inspectRepository } from '../git/inspect-repository.ts'
import { registerRepository } from '../settings/repositories.ts'
import type { Terminal } from './terminal.ts'

/** Registers the repository at `path` (default: the current folder) and hides `.microvm/` from its git status. */
export async function allow(terminal: Terminal, path: string | undefined, alias: string | undefined): Promise<void> {
  // `allow "$UNSET"` must not take the current folder.
  if (path === '') throw new AppError('argument-invalid', 'The path is empty', { hint: 'Name the repository' })
  const repository = await inspectRepository(resolve(terminal.cwd, path ?? '.'))
  const registered = await registerRepository(terminal.home, { path: repository.path, alias })
  await excludeTasks(repository.path)
  if (alias !== undefined && registered.alias !== alias) {
    terminal.note(
      `${repository.path} is registered as '${registered.alias}', because ${whyNot(alias, registered.alias)}`,
    )
  }
  if (!repository.hasFlake) terminal.note(`No flake.nix found in ${repository.path}: tasks need one, committed`)
  terminal.say(`Registered: ${registered.alias}`)
}

const whyNot = (wanted: string, given: string): string =>
  given.startsWith(`${wanted}-`) ? `'${wanted}' is another repository` : 'a registered repository keeps its alias'
