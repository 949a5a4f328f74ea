import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import {
  type GatewaySecret,
  type Secret,
  secretMethods,
  secretNamePattern,
  secretPathPattern,
  secretTools,
  secretValuePattern,
} from '../core/network/secret.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { readPrivateFile, writePrivateFile } from '../lib/files/private-file.ts'
import { gatewaySecret } from './gateway-secret.ts'

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
  value: z.string().regex(secretValuePattern),
})
const fileSchema = z.array(entrySchema)

type Entry = z.infer<typeof entrySchema>

/** Some hundred secrets of the longest kind. */
const fileBytes = 1024 ** 2
const mostSecrets = 100

export const secretsPath = (home: string): string => join(home, 'secrets.json')

/** Without their values, in the order in which they came. @throws AppError('token-unsafe' | 'home-unusable') */
export async function listSecrets(home: string): Promise<readonly Secret[]> {
  return (await read(home)).map(({ value: _value, ...secret }) => secret)
}

/** Those that tasks of the repository may use, for the gateway of its machine. @throws AppError('token-unsafe' | 'home-unusable') */
export async function secretsFor(
  home: string,
  repoPath: string,
): Promise<readonly { readonly secret: Secret; readonly gateway: GatewaySecret }[]> {
  const entries = await read(home)
  return entries
    .filter(({ repositories }) => repositories === null || repositories.includes(repoPath))
    .map(({ value, ...secret }) => ({ secret, gateway: gatewaySecret(secret, value) }))
}

/** Keeps a secret, in place of one that has its name. The value is in no message. @throws AppError('argument-invalid' | 'home-unusable') */
export async function addSecret(home: string, secret: Secret, value: string): Promise<void> {
  if (!secretValuePattern.test(value)) {
    throw new AppError(
      'argument-invalid',
      'The secret has fewer than 8 or more than 4096 characters, or others than visible ASCII',
      {
        hint: 'A line break in a copied token is the usual cause',
      },
    )
  }
  await change(home, (entries) => {
    const others = entries.filter(({ name }) => name !== secret.name)
    if (others.length >= mostSecrets) throw new AppError('argument-invalid', `There are ${mostSecrets} secrets already`)
    return [...others, entrySchema.parse({ ...secret, value })]
  })
}

/** @throws AppError('argument-invalid') when there is none of this name. */
export async function removeSecret(home: string, name: string): Promise<void> {
  await change(home, (entries) => {
    const others = entries.filter((each) => each.name !== name)
    if (others.length < entries.length) return others
    throw new AppError('argument-invalid', `There is no secret '${name.slice(0, 80)}'`, {
      hint: 'microvm-orchestrator secrets list shows all',
    })
  })
}

async function change(home: string, edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<void> {
  await using lock = await lockFile(secretsPath(home))
  const changed = edit(await read(home))
  lock.assertHeld()
  await writePrivateFile(secretsPath(home), JSON.stringify(changed, null, 2))
}

async function read(home: string): Promise<readonly Entry[]> {
  const path = secretsPath(home)
  const text = await readPrivateFile(path, { what: 'the secrets', limitBytes: fileBytes })
  if (text === undefined) return []
  const parsed = fileSchema.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  // Neither what the parser says nor what the schema says: both quote what they read.
  throw new AppError('home-unusable', `${path} is damaged`, { hint: 'Move it away and add the secrets again' })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // No schema takes it.
  }
}
