import { type GitOptions, gitConversation } from '../process/git.ts'
import { type Journal, see } from './journal.ts'
import type { Refusal } from './prepare-move.ts'

export interface RefLock extends AsyncDisposable {
  readonly kind: 'held'
  /** git's own words when it did not say that it was done, else null. */
  commit(): Promise<string | null>
  /**
   * Deletes another reference that stands at a commit, once this has committed: in a transaction of its own, so that what becomes of it
   * does not touch the branch. git's own words when it did not say that it was done, else null.
   */
  forget(ref: string, at: string): Promise<string | null>
  /** What these files are now, which git holds for it. */
  see(locks: Journal['locks']): Promise<Journal['locks']>
}

type NotHeld = { readonly kind: 'moved' } | Refusal

/** Locks a branch at the commit where it is thought to be, to be moved by `commit`. Disposed without that, it stays. */
export async function lockBranch(
  user: GitOptions,
  {
    branch,
    from,
    to,
    reason,
  }: { readonly branch: string; readonly from: string; readonly to: string; readonly reason: string },
): Promise<RefLock | NotHeld> {
  const transaction = await gitConversation(['update-ref', '-m', reason, '--stdin'], user)
  const saidAtEnd = async () => {
    const { exitCode, stderr } = await transaction.end()
    return stderr.trim().replace(/^fatal: (prepare|commit|update-ref): /, '') || `git update-ref ended with ${exitCode}`
  }
  await transaction.ask('start')
  transaction.tell(`update refs/heads/${branch} ${to} ${from}`)
  if ((await transaction.ask('prepare')) !== 'prepare: ok') return refusalOf(await saidAtEnd())
  return {
    kind: 'held',
    commit: async () => ((await transaction.ask('commit')) === 'commit: ok' ? null : await saidAtEnd()),
    forget: async (ref, at) => {
      await transaction.ask('start')
      transaction.tell(`delete ${ref} ${at}`)
      return (await transaction.ask('commit')) === 'commit: ok' ? null : await saidAtEnd()
    },
    see: async (locks) => await Promise.all(locks.map(async ({ path }) => ({ path, seen: (await see(path)) ?? null }))),
    [Symbol.asyncDispose]: () => transaction[Symbol.asyncDispose](),
  }
}

/** Pure. */
export function refusalOf(said: string): { readonly kind: 'moved' } | Refusal {
  const lock = /Unable to create '(.+?\.lock)': File exists/.exec(said)?.[1]
  if (lock) return { kind: 'locked', lock }
  return /but expected|reference already exists|unable to resolve reference/.test(said)
    ? { kind: 'moved' }
    : { kind: 'failed', files: [], detail: said }
}
