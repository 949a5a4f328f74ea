import { AppError } from '../../core/failure.ts'
import {
  parseSecretHeader,
  parseSecretHost,
  publicKeyPattern,
  type Secret,
  type SecretForm,
  type SecretMethod,
  type SecretTool,
  secretFormText,
  secretHostText,
  secretMethods,
  secretNamePattern,
  secretPathPattern,
  secretVariable,
  tokenHostsOf,
  usualForm,
  usualTools,
} from '../../core/network/secret.ts'
import { findRepository, listRepositories } from '../../settings/repositories.ts'
import { openKeychain } from '../../settings/secrets/keychain.ts'
import { addSecret, type ListedSecret, listSecrets, removeSecret } from '../../settings/secrets/secrets.ts'
import { readSecret } from '../terminal/read-secret.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface NewSecret {
  readonly host: string
  readonly bearer?: boolean
  readonly basic?: string
  readonly header?: string
  /** Separated by commas. */
  readonly method?: string
  /** Aliases. */
  readonly repository?: readonly string[]
  /** No task may use it. */
  readonly forThisHost?: boolean
  readonly tools?: readonly (SecretTool | 'none')[]
  readonly path?: string
  readonly tokenHost?: string
  readonly publicKey?: string
  readonly keychain?: boolean
}

/** Keeps a secret for one host. What is asked for is checked before its value is read. */
export async function addSecretCommand(
  terminal: Terminal,
  name: string,
  wish: NewSecret,
  read: typeof readSecret = readSecret,
): Promise<void> {
  if (!secretNamePattern.test(name)) throw wrong('A name is capital letters, digits and _, first a letter, 40 at most')
  const place = parseSecretHost(wish.host)
  if (typeof place === 'string') throw wrong(place)
  const tools = toolsOf(wish.tools, place.host)
  if (tools.includes('docker') && /^(index\.|hub\.)?docker\.(io|com)$/.test(place.host))
    throw wrong('The registry of Docker Hub is --host registry-1.docker.io')
  const secret: Secret = {
    ...{ name, ...place, form: formOf(wish, tools), methods: methodsOf(wish.method) },
    repositories: await repositoriesOf(terminal.home, wish),
    tools,
    path: pathOf(wish.path),
    tokenHost: tokenHostOf(wish.tokenHost, tools),
    publicKey: publicKeyOf(wish.publicKey, tools),
  }
  const keychain = wish.keychain ? await openKeychain(terminal.home) : undefined
  const value = await read(`The secret for ${secretHostText(secret)} (it is not shown): `)
  await addSecret(terminal.home, secret, value, keychain)
  const added = { ...secret, inKeychain: keychain !== undefined }
  for (const line of linesOf(added, await aliasesByPath(terminal.home))) terminal.note(line)
  terminal.say(`Added: ${name}`)
}

/** Without values. */
export async function listSecretsCommand(terminal: Terminal): Promise<void> {
  const secrets = await listSecrets(terminal.home)
  if (secrets.length === 0) terminal.note('There are no secrets: microvm-orchestrator secrets add NAME --host HOST')
  const aliases = await aliasesByPath(terminal.home)
  for (const secret of secrets) for (const line of linesOf(secret, aliases)) terminal.say(line)
}

export async function removeSecretCommand(terminal: Terminal, name: string): Promise<void> {
  await removeSecret(terminal.home, name)
  terminal.note('The gateway of a task that runs has it until the end of that task')
  terminal.say(`Removed: ${name}`)
}

function linesOf(secret: ListedSecret, aliases: ReadonlyMap<string, string>): readonly string[] {
  const { name, form, methods, repositories, tools, path, inKeychain } = secret
  const tokenHosts = tokenHostsOf(secret).slice(1)
  const whose = repositories?.map((each) => aliases.get(each) ?? `${each} (not registered)`).join(', ')
  return [
    `  ${name}: ${secretHostText(secret)}, ${secretFormText(form)}`,
    `    methods: ${methods.join(', ')}${tools.includes('git') ? ', and what git fetches' : ''}`,
    `    repositories: ${whose === '' ? 'none, for pull requests of this host' : (whose ?? 'all')}`,
    ...(tokenHosts.length > 0 ? [`    also sent to: ${tokenHosts.join(', ')}, for tokens of the registry`] : []),
    ...(secret.publicKey === null ? [] : [`    signed by: ${secret.publicKey}`]),
    ...(inKeychain ? ["    kept in the system's keychain"] : []),
    `    found by: ${[secretVariable(name), ...tools].join(', ')}${path === null ? '' : `, at ${path}`}`,
  ]
}

const aliasesByPath = async (home: string): Promise<ReadonlyMap<string, string>> =>
  new Map((await listRepositories(home)).map(({ path, alias }) => [path, alias]))

function repositoriesOf(
  home: string,
  { repository, forThisHost }: NewSecret,
): Promise<readonly string[]> | readonly string[] | null {
  if (repository === undefined) return forThisHost ? [] : null
  if (forThisHost) throw wrong('--for-this-host keeps a secret from all tasks, so --repository does not go with it')
  return pathsOf(home, repository)
}

/** By their paths: an alias may be another repository's one day. */
const pathsOf = (home: string, aliases: readonly string[]): Promise<readonly string[]> =>
  Promise.all(aliases.map(async (alias) => (await findRepository(home, alias)).path))

function formOf({ bearer, basic, header }: NewSecret, tools: readonly SecretTool[]): SecretForm {
  if ([bearer, basic, header].filter((each) => each !== undefined).length > 1)
    throw wrong('A secret is sent in one way: --bearer, --basic or --header')
  if (basic !== undefined) {
    if (!/^[\x21-\x39\x3b-\x7e]{1,200}$/.test(basic))
      throw wrong('The user of --basic holds spaces, colons or other signs')
    return { kind: 'basic', user: basic }
  }
  if (header === undefined) {
    if (tools.includes('docker') && !bearer)
      throw wrong('A registry of images takes a password, with --basic USER, or a token of its own, with --bearer')
    return bearer ? { kind: 'bearer' } : usualForm(tools)
  }
  const form = parseSecretHeader(header)
  if (typeof form === 'string') throw wrong(form)
  return form
}

function methodsOf(text: string | undefined): readonly SecretMethod[] {
  if (text === undefined) return ['GET', 'HEAD']
  const asked = text.split(',').map((each) => each.trim().toUpperCase())
  const unknown = asked.find((each) => !secretMethods.some((method) => method === each))
  if (unknown !== undefined) throw wrong(`'${unknown.slice(0, 40)}' is none of ${secretMethods.join(', ')}`)
  return secretMethods.filter((method) => asked.includes(method))
}

function toolsOf(asked: NewSecret['tools'], host: string): readonly SecretTool[] {
  const tools = (asked ?? usualTools(host)).filter((tool) => tool !== 'none')
  if (asked?.includes('none') && tools.length > 0) throw wrong('--for none goes with no other tool')
  return [...new Set(tools)]
}

function pathOf(path: string | undefined): string | null {
  if (path === undefined) return null
  if (!secretPathPattern.test(path) || path === '') throw wrong('--path begins with / and holds plain signs')
  return path
}

function publicKeyOf(text: string | undefined, tools: readonly SecretTool[]): string | null {
  if (text === undefined) return null
  if (!tools.includes('nix')) throw wrong('--public-key is of a cache of nix: --for nix')
  // Not quoted: it may be the key that signs, or the secret.
  if (!publicKeyPattern.test(text)) throw wrong('--public-key is NAME:KEY, as the cache shows it')
  return text
}

function tokenHostOf(text: string | undefined, tools: readonly SecretTool[]): string | null {
  if (text === undefined) return null
  if (!tools.includes('docker')) throw wrong('--token-host is of a registry of images: --for docker')
  const place = parseSecretHost(text)
  if (typeof place === 'string') throw wrong(place)
  return secretHostText(place)
}

const wrong = (message: string): AppError =>
  new AppError('argument-invalid', message, { hint: 'See: microvm-orchestrator secrets add --help' })
