import { resolve } from 'node:path'
import { AppError } from '../core/failure.ts'
import { type Landing, landingText } from '../core/landing/landing.ts'
import { type MergePolicyChange, mergePolicyText } from '../core/merge/merge-policy.ts'
import { type EgressChange, type EgressPolicy, egressText } from '../core/network/egress.ts'
import { isListed, parseHostRule, publicApiHost } from '../core/network/host-rule.ts'
import { localPlace, parsePlaceOrder } from '../core/task/place-order.ts'
import { excludeTasks } from '../git/repository/exclude-tasks.ts'
import { inspectRepository } from '../git/repository/inspect-repository.ts'
import { validateAlias } from '../settings/alias.ts'
import { findPlace } from '../settings/places.ts'
import { type Repository, registerRepository } from '../settings/repositories.ts'
import { chooseEnvironment, chosenText } from '../tasks/environments/choose-environment.ts'
import { cannotStart, orProblem } from '../tasks/environments/or-problem.ts'
import { requireEnvironment } from '../tasks/environments/require-environment.ts'
import type { Terminal } from './terminal/terminal.ts'

/**
 * Registers the repository at `path` (default: the current folder), hides `.microvm/` from its git status, and changes what its
 * tasks may reach, and when they are merged, when told to.
 */
export async function allow(
  terminal: Terminal,
  path: string | undefined,
  {
    alias,
    environment,
    place,
    ...wish
  }: {
    readonly alias?: string
    readonly environment?: string
    readonly landing?: Landing
    readonly place?: string
  } & EgressChange &
    MergePolicyChange,
): Promise<void> {
  // `allow "$UNSET"` must not take the current folder.
  if (path === '') throw new AppError('argument-invalid', 'The path is empty', { hint: 'Name the repository' })
  const repository = await inspectRepository(resolve(terminal.cwd, path ?? '.'))
  if (alias !== undefined) validateAlias(alias)
  const kind =
    environment === undefined ? undefined : await requireEnvironment(environment, repository.path, terminal.cwd)
  const places = place === undefined ? undefined : await orderOf(terminal.home, place)
  await excludeTasks(repository.path) // First: what cannot be hidden is not registered.
  const registered = await registerRepository(terminal.home, {
    ...{ path: repository.path, alias, ...wish },
    ...(kind && { environment: kind }),
    ...(places !== undefined && { places }),
  })
  if (alias !== undefined && registered.alias !== alias) {
    terminal.note(
      `${repository.path} is registered as '${registered.alias}', because ${whyNot(alias, registered.alias)}`,
    )
  }
  await tellEnvironment(terminal, registered, { isAsked: kind !== undefined })
  if (wish.egress !== undefined || wish.allowHosts !== undefined) {
    terminal.note(`Tasks of ${registered.alias} reach: ${egressText(registered.egress)}`)
    if (listsPublicApi(registered.egress)) {
      terminal.note(`${publicApiHost} is asked by the gateway alone, with your key: the list opens no other way to it`)
    }
  }
  if (wish.merge !== undefined || wish.check !== undefined || wish.checkMinutes !== undefined) {
    terminal.note(`Tasks of ${registered.alias} are merged: ${mergePolicyText(registered.mergePolicy)}`)
  }
  if (wish.landing !== undefined) {
    terminal.note(`Checked work of ${registered.alias} comes onto the branch ${landingText(registered.landing)}`)
    if (registered.mergePolicy.kind !== 'check') terminal.note('  Only work with a check waits: give one with --check')
  }
  if (places !== undefined)
    terminal.note(`Tasks of ${registered.alias} run at: ${places?.join(', then ') ?? 'what the settings say'}`)
  terminal.say(`Registered: ${registered.alias}`)
}

/** @throws AppError('argument-invalid' | 'place-unknown') */
async function orderOf(home: string, text: string): Promise<readonly string[] | null> {
  if (text === 'default') return null
  const order = parsePlaceOrder(text)
  if (!order)
    throw new AppError('argument-invalid', `'${text.slice(0, 80)}' names no places`, {
      hint: 'Write local and names of places with commas between them, or default',
    })
  for (const name of order) if (name !== localPlace) await findPlace(home, name)
  return order
}

/** What tasks will work in, or why none can start. What the repository's own flake gives is told when it was asked for. */
async function tellEnvironment(terminal: Terminal, repository: Repository, { isAsked }: { readonly isAsked: boolean }) {
  const { alias, environment } = repository
  const again = isAsked && environment.kind === 'tools'
  const { chosen, problem } = await orProblem(chooseEnvironment(repository, { home: terminal.home, again }))
  if (problem) {
    terminal.note(cannotStart(problem))
    return
  }
  if (isAsked || chosen.environment.kind !== 'flake')
    terminal.note(`Tasks of ${alias} work in ${chosenText(alias, chosen)}`)
  for (const note of [...(chosen.found?.doubts ?? []), ...chosen.notes]) terminal.note(`  ${note}`)
}

/** A user who lists the API should not wonder why it is refused. */
function listsPublicApi(egress: EgressPolicy | null): boolean {
  if (egress?.kind !== 'hosts') return false
  const rules = egress.hosts.map(parseHostRule).filter((rule) => typeof rule !== 'string')
  return isListed(rules, { host: publicApiHost, port: 443 })
}

const whyNot = (wanted: string, given: string): string =>
  given.startsWith(`${wanted}-`) ? `'${wanted}' is another repository` : 'a registered repository keeps its alias'
