import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { landings } from '../core/landing/landing.ts'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { egressWordSchema } from './egress-word.ts'
import { environmentWordSchema } from './environment-word.ts'
import { mergePolicyWordSchema } from './merge-policy-word.ts'
import { placeOrderSchema } from './place-schema.ts'

/** `allowed-repos.json` is `{ALIAS: {path, added, egress?, merge?, landing?, environment?, places?}}`; fields that we do not know are kept as they are. */
const entrySchema = z.looseObject({
  path: z.string().startsWith('/'),
  added: z.string(),
  egress: egressWordSchema.optional(),
  merge: mergePolicyWordSchema.optional(),
  landing: z.enum(landings).optional(),
  environment: environmentWordSchema.optional(),
  places: placeOrderSchema.optional(),
})
const fileSchema = z.map(z.string(), entrySchema)

export type RepositoryEntry = z.infer<typeof entrySchema>
/** By alias, in the file's order. A map, because `__proto__` and `constructor` are aliases like any other. */
export type RepositoryEntries = Map<string, RepositoryEntry>

export const repositoriesPath = (home: string): string => join(home, 'allowed-repos.json')

/** @throws AppError('home-unusable') when the file is there and cannot be read or understood; it is left as it is. */
export async function readRepositoriesFile(home: string): Promise<RepositoryEntries> {
  const path = repositoriesPath(home)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw unusable(path, error)
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it holds no JSON object')
    return fileSchema.parse(new Map(Object.entries(value)))
  } catch (cause) {
    throw new AppError('home-unusable', `${path} is damaged: ${reasonOf(cause)}`, {
      hint: 'Correct it, or move it away and register the repositories again',
      cause,
    })
  }
}

/** Call under the file's lock. */
export async function writeRepositoriesFile(home: string, entries: RepositoryEntries): Promise<void> {
  const path = repositoriesPath(home)
  try {
    await writeJsonAtomically(path, Object.fromEntries(entries))
  } catch (error) {
    throw unusable(path, error)
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues
    return issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : 'unexpected content'
  }
  return cause instanceof Error ? cause.message.replaceAll('\n', ' ') : String(cause)
}
