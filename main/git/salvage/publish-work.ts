import { isShortage } from '../../lib/shortage.ts'
import { checkedFetch } from '../import/checked-fetch.ts'
import { type GitOptions, type GitResult, utf8 } from '../process/git.ts'

/** One thing that is to stand at a ref of the user's repository. */
export interface Part {
  readonly ref: string
  /** The best first: one after the other is tried until git takes it. */
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly what: string
  /** Made when it is needed; null when there is no such. */
  readonly make: () => Promise<string | null>
  /** Made of files by us: nothing of it was checked before. */
  readonly isOurs: boolean
}

export interface Published {
  /** What stands at each ref now. */
  readonly at: ReadonlyMap<string, string>
  /** Why something was refused, as git said it last; undefined when nothing was. */
  readonly problem: string | undefined
}

/**
 * Brings work into the user's repository: all of it in one fetch, or piece by piece where git refuses some. What was made of files is
 * fetched into `proof` first, since git finds some faults only when the objects are in place: not in the user's repository.
 * @throws when the host is short of room.
 */
export async function publishWork(
  {
    source,
    receiver,
    proof,
    startCommit,
  }: { readonly source: string; readonly receiver: string; readonly proof: string; readonly startCommit: string },
  parts: readonly Part[],
  notes: string[],
  signal?: AbortSignal,
): Promise<Published> {
  const into = async (options: GitOptions, refs: Readonly<Record<string, string>>): Promise<string | undefined> => {
    for (const some of inChunks(Object.entries(refs), 500)) {
      const result = await checkedFetch(
        { from: receiver, refs: Object.fromEntries(some), commonCommit: startCommit },
        options,
        signal,
      )
      if (result.exitCode !== 0) return refusal(result)
    }
    return undefined
  }
  const inProof: GitOptions = { cwd: proof, trust: 'none', env: { GIT_DIR: proof } }
  const inUsers: GitOptions = { cwd: source, trust: 'user' }
  const best = await Promise.all(
    parts.map(async ({ ref, variants: [variant] }) => ({
      ref,
      id: (await variant?.make()) ?? null,
      isOurs: variant?.isOurs ?? false,
    })),
  )
  const whole = best.every(({ id }) => id !== null)
  const refsOf = (some: typeof best) => Object.fromEntries(some.map(({ ref, id }) => [ref, id ?? '']))
  if (whole) {
    const problem =
      (await into(inProof, refsOf(best.filter(({ isOurs }) => isOurs)))) ?? (await into(inUsers, refsOf(best)))
    if (problem === undefined) return { at: new Map(Object.entries(refsOf(best))), problem }
  }
  const at = new Map<string, string>()
  let last: string | undefined
  for (const { ref, variants } of parts) {
    for (const { what, make, isOurs } of variants) {
      const id = await make()
      if (id === null) continue
      const problem = (isOurs ? await into(inProof, { [ref]: id }) : undefined) ?? (await into(inUsers, { [ref]: id }))
      if (problem === undefined) {
        at.set(ref, id)
        break
      }
      last = problem
      notes.push(`The ${what} were refused: ${problem}`)
    }
  }
  return { at, problem: last }
}

function refusal(result: GitResult): string {
  const problem = utf8(result.stderr).trim().split('\n')[0] || 'git refused them'
  const error = new Error(utf8(result.stderr).trim() || problem)
  if (isShortage(error)) throw error
  return problem
}

function* inChunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
