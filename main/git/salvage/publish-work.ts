import { isShortage } from '../../lib/shortage.ts'
import { checkedFetch, type Fetched } from '../import/checked-fetch.ts'
import { scratchFetch } from '../import/scratch-fetch.ts'
import { type GitResult, utf8 } from '../process/git.ts'

/** One thing that is to stand at a ref of the user's repository. */
export interface Part {
  readonly ref: string
  /** The best first: one after the other is tried until git takes it. */
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly what: string
  /** Made when it is needed; null when there is no such. `refused` are objects that git named when it refused those before it. */
  readonly make: (refused: ReadonlySet<string>) => Promise<string | null>
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
 * fetched into `proof` first, as commits were into the receiver: what is refused leaves no object in the user's repository.
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
  type Refs = Readonly<Record<string, string>>
  const into = async (fetch: (fetched: Fetched) => Promise<GitResult>, refs: Refs): Promise<Refusal | undefined> => {
    for (const some of inChunks(Object.entries(refs), 500)) {
      const result = await fetch({ from: receiver, refs: Object.fromEntries(some), commonCommit: startCommit })
      if (result.exitCode !== 0) return refusal(result)
    }
    return undefined
  }
  const inProof = (fetched: Fetched) => scratchFetch(fetched, proof, signal)
  const inUsers = (fetched: Fetched) => checkedFetch(fetched, { cwd: source, trust: 'user' }, signal)
  const best = await Promise.all(
    parts.map(async ({ ref, variants: [variant] }) => ({
      ref,
      id: (await variant?.make(new Set())) ?? null,
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
    const refused = new Set<string>()
    for (const { what, make, isOurs } of variants) {
      const id = await make(refused)
      if (id === null) continue
      const problem = (isOurs ? await into(inProof, { [ref]: id }) : undefined) ?? (await into(inUsers, { [ref]: id }))
      if (problem === undefined) {
        at.set(ref, id)
        break
      }
      last = problem.said
      for (const object of problem.objects) refused.add(object)
      notes.push(`The ${what} were refused: ${problem.said}`)
    }
  }
  return { at, problem: last }
}

interface Refusal {
  /** As git said it first. */
  readonly said: string
  /** Ids of the objects that it complained of. */
  readonly objects: readonly string[]
}

function refusal(result: GitResult): Refusal {
  const text = utf8(result.stderr).trim()
  const said = text.split('\n')[0] || 'git refused them'
  const error = new Error(text || said)
  if (isShortage(error)) throw error
  return { said, objects: [...text.matchAll(/^error: object ([0-9a-f]{40,64}):/gm)].map(([, id = '']) => id) }
}

function* inChunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
