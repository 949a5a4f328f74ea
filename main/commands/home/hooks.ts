import { randomBytes } from 'node:crypto'
import { AppError } from '../../core/failure.ts'
import {
  type Hook,
  type HookKind,
  type HookTarget,
  hookKinds,
  hookNamePattern,
  hookUrlProblem,
} from '../../core/hook.ts'
import { deliver } from '../../integrations/hooks/deliver.ts'
import { readDeliveries } from '../../integrations/hooks/delivery-file.ts'
import { testMessage } from '../../integrations/hooks/hook-message.ts'
import { addHook, findHook, listHooks, removeHook } from '../../settings/hooks.ts'
import { findRepository } from '../../settings/repositories.ts'
import { withoutKeys } from '../../settings/token.ts'
import { readSecret } from '../terminal/read-secret.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface NewHook {
  readonly to: HookTarget['kind']
  /** Of a command. */
  readonly command?: string
  /** Of ntfy: a token follows the address. */
  readonly token?: boolean
  readonly on?: readonly HookKind[]
  /** Aliases. */
  readonly repository?: readonly string[]
}

/** Keeps a hook. What is asked for is checked before its address is read. @throws AppError('argument-invalid' | 'home-unusable') */
export async function addHookCommand(
  terminal: Terminal,
  name: string,
  wish: NewHook,
  read: typeof readSecret = readSecret,
): Promise<void> {
  if (!hookNamePattern.test(name)) throw wrong('A name is small letters, digits and -, 31 at most')
  if ((wish.to === 'command') !== (wish.command !== undefined))
    throw wrong('--command goes with --to command, and is needed there')
  if (wish.token && wish.to !== 'ntfy') throw wrong('--token goes with --to ntfy')
  await requireAliases(terminal.home, wish.repository)
  const target = wish.command === undefined ? await askTarget(wish, read) : commandTarget(wish.command)
  const hook: Hook = {
    name,
    on: hookKinds.filter((kind) => wish.on?.includes(kind) ?? kind !== 'unchanged'),
    repositories: wish.repository ?? null,
    added: new Date().toISOString(),
    target,
  }
  await addHook(terminal.home, hook)
  if (target.kind === 'webhook')
    terminal.note(`Its receiver checks the signature with this secret, which is shown once: ${target.secret}`)
  terminal.note(`To try it: microvm-orchestrator hooks test ${name}`)
  terminal.say(`Added: ${name}`)
}

/** Without addresses: they may be secrets. */
export async function listHooksCommand(terminal: Terminal): Promise<void> {
  const hooks = await listHooks(terminal.home)
  if (hooks.length === 0) terminal.note('There are no hooks: microvm-orchestrator hooks add NAME --to webhook')
  const records = (await readDeliveries(terminal.home)) ?? {}
  for (const { name, target, on, repositories, added } of hooks) {
    terminal.say(
      `  ${name}: ${targetText(target)}, of ${repositories?.join(', ') ?? 'all repositories'}: ${on.join(', ')}`,
    )
    const record = records[name]
    if (record?.added !== added) continue
    if (record.gone !== null) terminal.say(`    It is told nothing more. ${record.gone}`)
    const [failing] = record.open.filter(({ reason }) => reason !== null)
    if (failing)
      terminal.say(`    ${record.open.length} wait to be told; the next try is at ${failing.next}. ${failing.reason}`)
    for (const { seq, at, reason } of record.lost) terminal.say(`    Event ${seq} was given up at ${at}. ${reason}`)
  }
}

/** @throws AppError('argument-invalid' | 'hook-failed') */
export async function testHookCommand(terminal: Terminal, name: string): Promise<void> {
  const { target } = await findHook(terminal.home, name)
  const message = testMessage(new Date().toISOString())
  const result = await deliver(target, message, withoutKeys(process.env), new AbortController().signal)
  if (result.kind === 'done') return terminal.say(`Told: ${name}`)
  throw new AppError('hook-failed', `The hook ${name} could not be told. ${result.reason}`, {
    hint: target.kind === 'command' ? 'Run its line by hand' : 'Add it again with the right address',
  })
}

export async function removeHookCommand(terminal: Terminal, name: string): Promise<void> {
  await removeHook(terminal.home, name)
  terminal.say(`Removed: ${name}`)
}

/** A name that is none would never be told of anything. */
async function requireAliases(home: string, wished: readonly string[] = []): Promise<void> {
  for (const alias of wished) await findRepository(home, alias)
}

const commandTarget = (command: string): HookTarget => {
  if (command.trim() === '' || command.length > 4_000)
    throw wrong('The line of --command is empty, or longer than 4000 characters')
  return { kind: 'command', command }
}

async function askTarget({ to, token }: NewHook, read: typeof readSecret): Promise<HookTarget> {
  if (to === 'command') throw wrong('--to command needs --command')
  const given = await read(`The address for ${to} (it is not shown): `)
  const [url = '', second] = given.split(/\r?\n/).map((line) => line.trim())
  const problem = hookUrlProblem(to, url)
  if (problem !== null) throw wrong(problem)
  if (to === 'webhook') return { kind: to, url, secret: `whsec_${randomBytes(32).toString('base64')}` }
  if (to === 'slack') return { kind: to, url }
  const shown = token ? (second ?? (await read('Its access token (it is not shown): '))) : null
  if (shown !== null && !/^[\x21-\x7e]{1,500}$/.test(shown))
    throw wrong('The access token is empty, or holds spaces or other signs')
  return { kind: to, url, token: shown }
}

function targetText(target: HookTarget): string {
  if (target.kind === 'command') return `command ${JSON.stringify(target.command)}`
  return `${target.kind} at ${new URL(target.url).host}`
}

const wrong = (message: string): AppError =>
  new AppError('argument-invalid', message, { hint: 'See: microvm-orchestrator hooks add --help' })
