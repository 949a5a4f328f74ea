import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { blockingFiles, parseChanges, type TreeChanges } from './blocking-files.ts'
import { byBytes, shownPath } from './byte-path.ts'
import { type GitOptions, gitConversation, gitOrThrow, gitQuickly, gitText, utf8, zeroSeparated } from './git.ts'
import type { Quarantine } from './quarantine.ts'

export type Publication =
  | { readonly kind: 'published' }
  /** Somebody moved the branch meanwhile. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'local-changes'; readonly files: readonly string[] }
  /** Another git process holds the work tree's index. */
  | { readonly kind: 'index-busy' }

export interface PublishOptions {
  readonly path: string
  readonly branch: string
  /** The work tree that follows the branch; null when none does. */
  readonly checkout: string | null
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly quarantine: Quarantine
}

/**
 * Moves a branch by compare-and-swap, and its work tree with it, or changes nothing. Not to be interrupted: a half-moved work tree
 * would be worse than a late answer, so there is no signal.
 */
export async function publishBranch(options: PublishOptions): Promise<Publication> {
  const { path, branch, checkout, from, to, quarantine } = options
  const user: GitOptions = { cwd: checkout ?? path, trust: 'user', env: quarantine.reading }
  // Whoever holds the index may want the branch next: waited for here, where nothing is locked yet.
  const [changes, isFree] =
    checkout === null ? [undefined, true] : await Promise.all([changesBetween(user, from, to), indexIsFree(user)])
  if (checkout !== null && changes) {
    const blocking = await blockingFiles(checkout, changes)
    if (blocking.length > 0) return { kind: 'local-changes', files: [...blocking].sort(byBytes).map(shownPath) }
  }
  if (!isFree) return { kind: 'index-busy' }
  await using transaction = await gitConversation(['update-ref', '-m', options.reason, '--stdin'], user)
  await transaction.ask('start')
  transaction.tell(`update refs/heads/${branch} ${to} ${from}`)
  // From here on the branch is locked: whoever else wants it waits or gives up.
  if ((await transaction.ask('prepare')) !== 'prepare: ok') return { kind: 'moved' }
  if (checkout !== null && changes) {
    const refusal = await tryMove(user, changes, options)
    if (refusal) return refusal
  }
  await quarantine.letIn()
  if (checkout !== null && changes) {
    const refusal = await moveCheckout(user, changes, options)
    if (refusal) return refusal
  }
  if ((await transaction.ask('commit')) === 'commit: ok') return { kind: 'published' }
  const { stderr } = await transaction.end()
  if (checkout !== null) await gitOrThrow(['read-tree', '-m', '-u', to, from], user)
  throw new Error(`The branch was locked and could not be moved: ${stderr.trim()}`)
}

/** The move without writing anything: a refusal has then touched nothing. */
async function tryMove(
  user: GitOptions,
  changes: TreeChanges,
  options: PublishOptions,
): Promise<Publication | undefined> {
  const args = ['read-tree', '-n', '-m', '-u', options.from, options.to]
  const plain = await gitQuickly(args, user)
  if (plain.exitCode === 0 || indexBusy.test(plain.stderr)) return undefined // A held index is the move's to wait for.
  // Files whose times alone have changed look changed until git has read them; on a copy, for the refusal may stand.
  const index = await indexOf(user)
  const copy = join(`${index}.microvm-${process.pid}-${options.to.slice(0, 12)}`)
  try {
    const there = await copyFile(index, copy).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false // A work tree with nothing checked out has no index.
        throw error
      },
    )
    if (!there) return undefined
    const onCopy = { ...user, env: { ...user.env, GIT_INDEX_FILE: copy } }
    await gitQuickly(['update-index', '-q', '--refresh'], onCopy)
    const result = await gitQuickly(args, onCopy)
    if (result.exitCode === 0) return undefined
    return { kind: 'local-changes', files: await filesInTheWay(onCopy, changes, options.from, utf8(result.stderr)) }
  } finally {
    await rm(copy, { force: true })
  }
}

const longestWaitMs = 3000
const pauseMs = 50

async function indexIsFree(user: GitOptions): Promise<boolean> {
  const lock = `${await indexOf(user)}.lock`
  for (let waited = 0; existsSync(lock); waited += pauseMs) {
    if (waited >= longestWaitMs) return false
    await sleep(pauseMs)
  }
  return true
}

const indexOf = async (user: GitOptions) =>
  utf8(await gitText(['rev-parse', '--path-format=absolute', '--git-path', 'index'], user))

const indexBusy = /index\.lock/
const lockTries = 10

async function moveCheckout(
  user: GitOptions,
  changes: TreeChanges,
  options: PublishOptions,
): Promise<Publication | undefined> {
  let refresh = false
  for (let tries = 1; ; tries += 1) {
    if (refresh) await gitQuickly(['update-index', '-q', '--refresh'], user)
    const result = await gitQuickly(['read-tree', '-m', '-u', options.from, options.to], user)
    if (result.exitCode === 0) return undefined
    const said = utf8(result.stderr)
    if (!indexBusy.test(said) && !refresh) {
      refresh = true
      continue
    }
    if (!indexBusy.test(said)) {
      return { kind: 'local-changes', files: await filesInTheWay(user, changes, options.from, said) }
    }
    if (tries === lockTries) return { kind: 'index-busy' }
    await sleep(pauseMs)
  }
}

async function changesBetween(user: GitOptions, from: string, to: string): Promise<TreeChanges> {
  const args = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', '--no-ext-diff', from, to]
  return parseChanges((await gitOrThrow(args, user)).stdout)
}

/** git names the first file only; all that differ from the branch and would have to change are in the way. */
async function filesInTheWay(user: GitOptions, changes: TreeChanges, from: string, said: string): Promise<string[]> {
  const touched = new Set([...changes.added, ...changes.changed, ...changes.deleted])
  const differing = new Set<string>()
  for (const cached of [[], ['--cached']]) {
    const args = [
      'diff-index',
      '-z',
      '--name-only',
      '--no-renames',
      '--no-ext-diff',
      '--ignore-submodules',
      ...cached,
      from,
    ]
    for (const path of zeroSeparated((await gitOrThrow(args, user)).stdout)) differing.add(path)
  }
  const files = [...differing]
    .filter((path) => touched.has(path))
    .sort(byBytes)
    .map(shownPath)
  const named = [...said.matchAll(/'(.+?)'/g)].map((match) => match[1] ?? '')
  return files.length > 0 ? files : named
}
