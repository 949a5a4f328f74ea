import { AppError } from '../../core/failure.ts'
import type { Forge, ForgeWish } from '../../core/pull-request.ts'
import { newForge } from '../../integrations/requests/new-forge.ts'
import { listForges, removeForge, setForge } from '../../settings/forges.ts'
import { findRepository, listRepositories } from '../../settings/repositories.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Has the work of a repository that waits for a review go to a forge. @throws AppError('argument-invalid' | 'repository-unknown' | 'home-unusable') */
export async function setForgeCommand(terminal: Terminal, alias: string, wish: ForgeWish): Promise<void> {
  const { home } = terminal
  const { path: repoPath, mergePolicy } = await findRepository(home, alias)
  if (mergePolicy.kind !== 'review')
    throw new AppError('argument-invalid', `The work of ${alias} does not wait for a review`, {
      hint: `microvm-orchestrator allow ${repoPath} --merge review`,
    })
  const { forge, secret } = await newForge(home, alias, wish)
  await setForge(home, forge)
  terminal.note(lineOf(alias, forge))
  if (secret.repositories === null || secret.repositories.length > 0)
    terminal.note(`Tasks may use ${wish.secret}, too: --for-this-host keeps it from them`)
  terminal.say(`Set: ${alias}`)
}

export async function listForgesCommand(terminal: Terminal): Promise<void> {
  const forges = await listForges(terminal.home)
  if (forges.length === 0)
    terminal.note(
      'No repository has pull requests: microvm-orchestrator pull-requests set ALIAS --forge github --secret NAME',
    )
  const aliases = new Map((await listRepositories(terminal.home)).map(({ path, alias }) => [path, alias]))
  for (const forge of forges)
    terminal.say(lineOf(aliases.get(forge.repoPath) ?? `${forge.repoPath} (not registered)`, forge))
}

/** @throws AppError('argument-invalid' | 'repository-unknown' | 'home-unusable') */
export async function removeForgeCommand(terminal: Terminal, alias: string): Promise<void> {
  const { path } = await findRepository(terminal.home, alias)
  if (!(await removeForge(terminal.home, path)))
    throw new AppError('argument-invalid', `${alias} has no pull requests`, {
      hint: 'microvm-orchestrator pull-requests list shows those that have',
    })
  terminal.note('Requests that are open stay so, and are looked at no more')
  terminal.say(`Removed: ${alias}`)
}

const lineOf = (name: string, { kind, project, api, git, target, secret }: Forge): string =>
  `  ${name}: ${project} at ${kind} (${api}, ${git}), into ${target ?? 'the branch that a task started from'}, with ${secret}`
