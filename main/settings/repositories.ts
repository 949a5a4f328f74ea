import { AppError } from '../core/failure.ts'
import { lockFile } from '../lib/file-lock.ts'
import { aliasFor, freeAlias, nearestAlias, validateAlias } from './alias.ts'
import {
  type RepositoryEntries,
  type RepositoryEntry,
  readRepositoriesFile,
  repositoriesPath,
  writeRepositoriesFile,
} from './repositories-file.ts'

export interface Repository {
  readonly alias: string
  /** Real path of the work tree's root. */
  readonly path: string
  /** ISO 8601, UTC. */
  readonly added: string
}

/**
 * Registers a repository that was found fit for tasks: `path` is the real path that the inspection gave.
 * A path that is registered keeps its alias, whatever alias is asked for; one that another path has becomes ALIAS-2, -3, ...
 * @throws AppError('alias-invalid' | 'home-unusable')
 */
export async function registerRepository(
  home: string,
  { path, alias }: { readonly path: string; readonly alias?: string | undefined },
): Promise<Repository> {
  if (alias !== undefined) validateAlias(alias)
  return await change(home, (entries) => {
    for (const [known, entry] of entries) if (entry.path === path) return asRepository(known, entry)
    const free = freeAlias(alias ?? aliasFor(path), (candidate) => entries.has(candidate))
    const entry = { path, added: new Date().toISOString() }
    entries.set(free, entry)
    return asRepository(free, entry)
  })
}

/** In the order of their registration. */
export async function listRepositories(home: string): Promise<readonly Repository[]> {
  return [...(await readRepositoriesFile(home))].map(([alias, entry]) => asRepository(alias, entry))
}

/** @throws AppError('repository-unknown') with the nearest alias as its hint. */
export async function findRepository(home: string, alias: string): Promise<Repository> {
  const entries = await readRepositoriesFile(home)
  const entry = entries.get(alias)
  if (!entry) throw unknownRepository(alias, [...entries.keys()])
  return asRepository(alias, entry)
}

/** Takes it off the list and touches nothing else. @throws AppError('repository-unknown') */
export async function removeRepository(home: string, alias: string): Promise<Repository> {
  return await change(home, (entries) => {
    const entry = entries.get(alias)
    if (!entry) throw unknownRepository(alias, [...entries.keys()])
    entries.delete(alias)
    return asRepository(alias, entry)
  })
}

/** Reads, changes and writes the list with every other writer kept out. */
async function change<Result>(home: string, edit: (entries: RepositoryEntries) => Result): Promise<Result> {
  await using lock = await lockFile(repositoriesPath(home))
  const entries = await readRepositoriesFile(home)
  const before = JSON.stringify([...entries])
  const result = edit(entries)
  if (JSON.stringify([...entries]) !== before) {
    lock.assertHeld()
    await writeRepositoriesFile(home, entries)
  }
  return result
}

const asRepository = (alias: string, { path, added }: RepositoryEntry): Repository => ({ alias, path, added })

function unknownRepository(alias: string, aliases: readonly string[]): AppError {
  const nearest = nearestAlias(alias, aliases)
  const register = 'microvm-orchestrator allow PATH registers one'
  return new AppError('repository-unknown', `Repo '${printable(alias)}' not registered`, {
    hint: nearest ? `Did you mean '${nearest}'? ${register}` : register,
  })
}

/** What a client or a terminal can be shown of a text that may hold anything. */
const printable = (text: string): string => JSON.stringify(text.slice(0, 80)).slice(1, -1)
