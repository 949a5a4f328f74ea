import { existsSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { byBytes, shownPath } from './byte-path.ts'
import { type GitOptions, gitOrThrow, gitQuickly, utf8, zeroSeparated } from './git.ts'
import { standsAs } from './stands-as.ts'
import type { TreeChanges } from './tree-changes.ts'

/** A work tree that is to follow its branch from one commit to another. */
export interface Move {
  readonly user: GitOptions
  /** Of the work tree; its lock is beside it. */
  readonly index: string
  readonly from: string
  readonly to: string
  readonly changes: TreeChanges
}

/** Why a work tree stays as it is. */
export type Refusal =
  | { readonly kind: 'local-changes'; readonly files: readonly string[] }
  /** Another git process holds the index. */
  | { readonly kind: 'index-busy' }

const longestWaitMs = 3000
const pauseMs = 50

export async function indexIsFree(index: string): Promise<boolean> {
  for (let waited = 0; existsSync(`${index}.lock`); waited += pauseMs) {
    if (waited >= longestWaitMs) return false
    await sleep(pauseMs)
  }
  return true
}

/** Whether the move would be refused, found out without writing anything. */
export async function foreseeRefusal(move: Move): Promise<Refusal | undefined> {
  return (await standsAs(move.changes, move.user)) ? undefined : await tryMove(move)
}

async function tryMove({ user, index, from, to, changes }: Move): Promise<Refusal | undefined> {
  const args = ['read-tree', '-n', '-m', '-u', from, to]
  const plain = await gitQuickly(args, user)
  if (plain.exitCode === 0 || indexBusy.test(plain.stderr)) return undefined // A held index is the move's to wait for.
  // Files whose times alone have changed look changed until git has read them; on a copy, for the refusal may stand.
  const copy = join(`${index}.microvm-${process.pid}-${to.slice(0, 12)}`)
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
    return { kind: 'local-changes', files: await filesInTheWay(onCopy, changes, from, utf8(result.stderr)) }
  } finally {
    await rm(copy, { force: true })
  }
}

const indexBusy = /index\.lock/
const lockTries = 10

/** Moves index and files, or neither. */
export async function moveCheckout(move: Move): Promise<Refusal | undefined> {
  const { user, from, to, changes } = move
  let refreshed = false
  for (let tries = 1; ; tries += 1) {
    const result = await gitQuickly(['read-tree', '-m', '-u', from, to], user)
    if (result.exitCode === 0) return undefined
    const said = utf8(result.stderr)
    if (indexBusy.test(said)) {
      if (tries === lockTries) return { kind: 'index-busy' }
      await sleep(pauseMs)
    } else if (refreshed) {
      return { kind: 'local-changes', files: await filesInTheWay(user, changes, from, said) }
    } else {
      // Times alone may look changed; a refusal that stands is to leave even the index as it was.
      const refusal = await tryMove(move)
      if (refusal) return refusal
      await gitQuickly(['update-index', '-q', '--refresh'], user)
      refreshed = true
    }
  }
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
