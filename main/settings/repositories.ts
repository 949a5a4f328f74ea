import { type EnvironmentWish, environmentOf, environmentWord } from '../core/environment/environment.ts'
import { AppError } from '../core/failure.ts'
import type { Landing } from '../core/landing/landing.ts'
import { type MergePolicy, type MergePolicyChange, mergePolicyOf, mergePolicyWord } from '../core/merge/merge-policy.ts'
import {
  changeEgress,
  type EgressChange,
  type EgressPolicy,
  type EgressWord,
  egressWord,
  parseEgress,
} from '../core/network/egress.ts'
import { lockFile } from '../lib/files/file-lock.ts'
import { aliasFor, freeAlias, nearestAlias, validateAlias } from './alias.ts'
import { egressPolicy, requirePolicy } from './egress-word.ts'
import { requireMergePolicy } from './merge-policy-word.ts'
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
  /** Its own; null where the settings' is its. */
  readonly egress: EgressPolicy | null
  readonly mergePolicy: MergePolicy
  readonly landing: Landing
  readonly environment: EnvironmentWish
  /** Where its tasks run that name no place, best first; null where the settings say. */
  readonly places: readonly string[] | null
}

interface Registration extends EgressChange, MergePolicyChange {
  readonly path: string
  readonly alias?: string | undefined
  readonly landing?: Landing | undefined
  readonly environment?: EnvironmentWish
  /** Null: what the settings say. */
  readonly places?: readonly string[] | null
}

/**
 * Registers a repository that was found fit for tasks: `path` is the real path that the inspection gave.
 * A path that is registered keeps its alias, whatever alias is asked for; one that another path has becomes ALIAS-2, -3, ...
 * Its environment, its egress and merge policies, and how its work lands are changed as asked, registered before or not.
 * @throws AppError('alias-invalid' | 'argument-invalid' | 'home-unusable')
 */
export async function registerRepository(home: string, { path, alias, ...wish }: Registration): Promise<Repository> {
  if (alias !== undefined) validateAlias(alias)
  return await change(home, (entries) => {
    const registered = [...entries].find(([, entry]) => entry.path === path)
    const name = registered?.[0] ?? freeAlias(alias ?? aliasFor(path), (candidate) => entries.has(candidate))
    const known = registered?.[1] ?? { path, added: new Date().toISOString() }
    const merged = withLanding(withMergePolicy(withEgress(known, wish), wish), wish.landing)
    const entry = withPlaces(withEnvironment(merged, wish.environment), wish.places)
    entries.set(name, entry)
    return asRepository(name, entry)
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

/** @throws AppError('repository-unknown' | 'argument-invalid') */
export async function setMergePolicy(home: string, alias: string, wish: MergePolicyChange): Promise<Repository> {
  return await change(home, (entries) => {
    const entry = entries.get(alias)
    if (!entry) throw unknownRepository(alias, [...entries.keys()])
    const changed = withMergePolicy(entry, wish)
    entries.set(alias, changed)
    return asRepository(alias, changed)
  })
}

/** What its tasks may reach; null for what the settings say. @throws AppError('repository-unknown' | 'argument-invalid') */
export async function setEgress(home: string, alias: string, word: EgressWord | null): Promise<Repository> {
  const policy = requirePolicy(word === null ? null : parseEgress(word))
  return await change(home, (entries) => {
    const entry = entries.get(alias)
    if (!entry) throw unknownRepository(alias, [...entries.keys()])
    const { egress: _, ...own } = entry
    const changed = withPolicy(own as RepositoryEntry, policy)
    entries.set(alias, changed)
    return asRepository(alias, changed)
  })
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

const asRepository = (alias: string, entry: RepositoryEntry): Repository => ({
  alias,
  path: entry.path,
  added: entry.added,
  egress: egressOf(entry),
  mergePolicy: mergePolicyOf(entry.merge ?? 'auto'),
  landing: entry.landing ?? 'direct',
  places: entry.places ?? null,
  environment: environmentOf(entry.environment ?? 'auto'),
})

const egressOf = ({ egress }: RepositoryEntry): EgressPolicy | null =>
  egress === undefined ? null : egressPolicy(egress)

function withEgress({ egress, ...own }: RepositoryEntry, wish: EgressChange): RepositoryEntry {
  const current = egress === undefined ? null : egressPolicy(egress)
  return withPolicy(own as RepositoryEntry, requirePolicy(changeEgress(current, wish)))
}

/** @param entry without a policy of its own. */
function withPolicy(entry: RepositoryEntry, policy: EgressPolicy | null): RepositoryEntry {
  if (policy === null) return entry
  const word = egressWord(policy)
  return { ...entry, egress: typeof word === 'string' ? word : [...word] }
}

function withMergePolicy({ merge = 'auto', ...entry }: RepositoryEntry, wish: MergePolicyChange): RepositoryEntry {
  const policy = requireMergePolicy(mergePolicyOf(merge), wish)
  return policy.kind === 'auto' ? entry : { ...entry, merge: mergePolicyWord(policy) }
}

/** As with the merge policy, what is the rule is not written. */
function withPlaces(entry: RepositoryEntry, places: readonly string[] | null | undefined): RepositoryEntry {
  if (places === undefined) return entry
  const { places: _before, ...others } = entry
  return places === null ? others : { ...others, places: [...places] }
}

function withLanding(entry: RepositoryEntry, landing: Landing | undefined): RepositoryEntry {
  if (landing === undefined) return entry
  const { landing: _before, ...others } = entry
  return landing === 'direct' ? others : { ...others, landing }
}

function withEnvironment(entry: RepositoryEntry, wish: EnvironmentWish | undefined): RepositoryEntry {
  if (wish === undefined) return entry
  const { environment: _before, ...others } = entry
  return wish.kind === 'auto' ? others : { ...others, environment: environmentWord(wish) }
}

function unknownRepository(alias: string, aliases: readonly string[]): AppError {
  const nearest = nearestAlias(alias, aliases)
  const register = 'microvm-orchestrator allow PATH registers one'
  return new AppError('repository-unknown', `Repo '${printable(alias)}' not registered`, {
    hint: nearest ? `Did you mean '${nearest}'? ${register}` : register,
  })
}

/** What a client or a terminal can be shown of a text that may hold anything. */
const printable = (text: string): string => JSON.stringify(text.slice(0, 80)).slice(1, -1)
