import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import {
  type GatewaySecret,
  publicKeyPattern,
  type Secret,
  secretMethods,
  secretNamePattern,
  secretPathPattern,
  secretTools,
  secretValuePattern,
} from '../../core/network/secret.ts'
import { PrivateList } from '../../lib/files/private-list.ts'
import { gatewaySecret } from './gateway-secret.ts'
import { type Keychain, openKeychain } from './keychain.ts'

const formSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bearer') }),
  z.object({ kind: z.literal('basic'), user: z.string() }),
  z.object({ kind: z.literal('header'), name: z.string(), prefix: z.string() }),
])
const entrySchema = z.object({
  ...{ name: z.string().regex(secretNamePattern), host: z.string(), port: z.int(), form: formSchema },
  methods: z.array(z.enum(secretMethods)),
  repositories: z.array(z.string()).nullable(),
  tools: z.array(z.enum(secretTools)),
  path: z.string().regex(secretPathPattern).nullable(),
  /** Not in those of earlier versions. */
  tokenHost: z.string().nullable().default(null),
  publicKey: z.string().regex(publicKeyPattern).nullable().default(null),
  /** Null where the system's keychain has it. */
  value: z.string().regex(secretValuePattern).nullable(),
})
const mostSecrets = 100

const kept = new PrivateList<z.infer<typeof entrySchema>>({
  name: 'secrets.json',
  what: 'the secrets',
  entry: entrySchema,
  hint: 'Move it away and add the secrets again',
})

export const secretsPath = (home: string): string => kept.path(home)

export interface ListedSecret extends Secret {
  /** Whether the system's keychain has its value. */
  readonly inKeychain: boolean
}

/** Without their values, in the order in which they came. @throws AppError('token-unsafe' | 'home-unusable') */
export async function listSecrets(home: string): Promise<readonly ListedSecret[]> {
  return (await kept.read(home)).map(({ value, ...secret }) => ({ ...secret, inKeychain: value === null }))
}

type KeychainOf = (home: string) => Promise<Keychain>

/**
 * Those that tasks of the repository may use, for the gateway of its machine.
 * @throws AppError('token-unsafe' | 'home-unusable'), also where the keychain does not give one of them.
 */
export async function secretsFor(
  home: string,
  repoPath: string,
  keychainOf: KeychainOf = openKeychain,
): Promise<readonly { readonly secret: Secret; readonly gateway: GatewaySecret }[]> {
  const entries = await kept.read(home)
  const own = entries.filter(({ repositories }) => repositories === null || repositories.includes(repoPath))
  return await Promise.all(
    own.map(async ({ value, ...secret }) => ({
      secret,
      gateway: gatewaySecret(secret, value ?? (await valueIn(await keychainOf(home), secret.name))),
    })),
  )
}

/** @throws AppError('home-unusable') where it has none, or one that somebody else put there. */
async function valueIn(keychain: Keychain, name: string): Promise<string> {
  const value = await keychain.read(name)
  if (value !== undefined && secretValuePattern.test(value)) return value
  throw new AppError('home-unusable', `The secret ${name} is not in ${keychain.name} any more`, {
    hint: `Add it again: microvm-orchestrator secrets add ${name}, or remove it`,
  })
}

/**
 * One secret for what this host itself does with it, and every form in which somebody could repeat it.
 * @throws AppError('argument-invalid' | 'token-unsafe' | 'home-unusable')
 */
export async function secretOfHost(
  home: string,
  name: string,
  keychainOf: KeychainOf = openKeychain,
): Promise<{ readonly secret: Secret; readonly value: string; readonly hidden: readonly string[] }> {
  const entry = (await kept.read(home)).find((each) => each.name === name)
  if (!entry) throw unknownSecret(name)
  const { value: inFile, ...secret } = entry
  const value = inFile ?? (await valueIn(await keychainOf(home), name))
  return { secret, value, hidden: gatewaySecret(secret, value).hidden }
}

/**
 * Keeps a secret, in place of one that has its name. The value is in no message, and with a keychain in no file of ours.
 * @throws AppError('argument-invalid' | 'home-unusable')
 */
export async function addSecret(home: string, secret: Secret, value: string, keychain?: Keychain): Promise<void> {
  if (!secretValuePattern.test(value)) {
    throw new AppError(
      'argument-invalid',
      'The secret has fewer than 8 or more than 4096 characters, or others than visible ASCII',
      {
        hint: 'A line break in a copied token is the usual cause',
      },
    )
  }
  const former = (await kept.read(home)).find(({ name }) => name === secret.name)
  await keychain?.write(secret.name, value)
  await kept.change(home, (entries) => {
    const others = entries.filter(({ name }) => name !== secret.name)
    if (others.length >= mostSecrets) throw new AppError('argument-invalid', `There are ${mostSecrets} secrets already`)
    return [...others, entrySchema.parse({ ...secret, value: keychain ? null : value })]
  })
  // It may be locked: what is left there is asked for no more.
  if (former?.value === null && !keychain)
    await openKeychain(home)
      .then((each) => each.remove(secret.name))
      .catch(() => undefined)
}

/** @throws AppError('argument-invalid') when there is none of this name. */
export async function removeSecret(home: string, name: string, keychainOf: KeychainOf = openKeychain): Promise<void> {
  const known = (await kept.read(home)).find((each) => each.name === name)
  if (known?.value === null) await (await keychainOf(home)).remove(name)
  await kept.change(home, (entries) => {
    const others = entries.filter((each) => each.name !== name)
    if (others.length < entries.length) return others
    throw unknownSecret(name)
  })
}

export const unknownSecret = (name: string): AppError =>
  new AppError('argument-invalid', `There is no secret '${name.slice(0, 80)}'`, {
    hint: 'microvm-orchestrator secrets list shows all',
  })
