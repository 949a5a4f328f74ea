import { isShortage } from '../../lib/shortage.ts'
import { type GitOptions, utf8 } from '../process/git.ts'
import { CommitGraph, kindsOf, readGraph } from '../survey/commit-graph.ts'
import type { Tip } from '../survey/read-tips.ts'
import { checkObjects } from './check-objects.ts'
import { scratchFetch } from './scratch-fetch.ts'

/** What of a clone's history is in the receiver now, every object of it checked. */
export interface Imported {
  /** Commits beyond the start that came; a tip that is not among them came with another, was refused, or is no commit. */
  readonly graph: CommitGraph
  /** Tips that are whole and hold nothing beyond the start. */
  readonly old: ReadonlySet<string>
  /** Annotated tags that came, by their id, with the commit that each stands for. */
  readonly tags: ReadonlyMap<string, string>
  /** What was asked for. */
  readonly from: readonly Tip[]
  readonly notes: readonly string[]
  /** What was refused, one sentence each: it stays in the clone alone. */
  readonly refused: readonly string[]
}

export interface ImportOptions {
  /** A repository of the host's over the clone's objects. */
  readonly view: string
  readonly receiver: string
  readonly startCommit: string
  readonly tips: readonly Tip[]
}

/** When commits are refused, those before them are tried; a clone that is damaged everywhere is not tried for ever. */
const mostRefusals = 64

/**
 * Fetches everything that the tips reach beyond the start, from a view over a clone's objects into a host-owned repository: only what
 * is whole, of bearable size and passes git's own checks. In the ordinary case that is one look at the graph and one fetch.
 */
export async function importTips(options: ImportOptions, signal?: AbortSignal): Promise<Imported> {
  const { view, startCommit, tips } = options
  const inView = inside(view)
  const notes: string[] = []
  const refused: string[] = []
  const from = new Map(tips.map((tip) => [tip.id, tip.from]))
  const ids = [...from.keys()]
  const whole = await readGraph(ids, startCommit, inView, signal)
  const { graph, broken } = whole
    ? { graph: whole, broken: new Set<string>() }
    : await graphOfWhole(options, from, refused, signal)
  const sound = ids.filter((id) => !broken.has(id))
  const { tags, old } = await classify({ ids: sound, graph, from, startCommit }, inView, notes, signal)
  const wanted = graph.heads(ids.map((id) => tags.get(id) ?? id))
  const queue = [...wanted, ...[...tags.keys()]]
  const taken: string[] = []
  const names = new Map([...from, ...[...tags].map(([tag, commit]) => [commit, from.get(tag) ?? ''] as const)])
  const accept = async (some: readonly string[]): Promise<string | undefined> => {
    const problem = await fetchAndCheck(options, some, signal)
    if (problem === undefined) taken.push(...some)
    return problem
  }
  if (queue.length > 0 && (await accept(queue)) !== undefined) {
    let refusals = 0
    const tried = new Set<string>()
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      if (tried.has(id)) continue
      tried.add(id)
      const problem = await accept([id])
      if (problem === undefined) continue
      refusals += 1
      refused.push(`The commit ${id.slice(0, 12)} of ${names.get(id) ?? 'the clone'} was refused: ${problem}`)
      if (refusals >= mostRefusals) {
        refused.push(`${queue.length} more were not tried`)
        break
      }
      // What only it would have brought: other tips behind it.
      const covered = graph.reach(taken)
      const behind = graph.reach([id])
      queue.push(...graph.heads(ids.filter((other) => other !== id && behind.has(other) && !covered.has(other))))
    }
  }
  const reached = graph.reach(taken.map((id) => tags.get(id) ?? id))
  return {
    graph: graph.only(reached),
    old,
    tags: new Map([...tags].filter(([tag]) => taken.includes(tag))),
    from: tips,
    notes,
    refused,
  }
}

/** The graph of those tips whose history can be walked, found one by one, where something is missing or damaged. */
async function graphOfWhole(
  { view, startCommit }: ImportOptions,
  from: ReadonlyMap<string, string>,
  refused: string[],
  signal?: AbortSignal,
): Promise<{ graph: CommitGraph; broken: ReadonlySet<string> }> {
  const broken = new Set<string>()
  const kinds = await kindsOf([...from.keys()], inside(view), signal)
  const present = [...from.keys()].filter((id) => kinds.get(id)?.peeled !== undefined)
  const all = await readGraph(present, startCommit, inside(view), signal)
  if (all) return { graph: all, broken }
  let graph = new CommitGraph(new Map())
  for (const id of present) {
    if (graph.has(id)) continue
    const one = broken.size < mostRefusals ? await readGraph([id], startCommit, inside(view), signal) : null
    if (one) graph = graph.with(one)
    else broken.add(id)
  }
  for (const id of [...broken].slice(0, 5)) {
    const commit = `The commit ${id.slice(0, 12)} of ${from.get(id)}`
    refused.push(`${commit} was refused: part of its history is missing, or it is too long`)
  }
  if (broken.size > 5) refused.push(`${broken.size - 5} more commits were refused for the same reason`)
  return { graph, broken }
}

/** What the tips are that the graph does not name. */
async function classify(
  {
    ids,
    graph,
    from,
    startCommit,
  }: { ids: readonly string[]; graph: CommitGraph; from: ReadonlyMap<string, string>; startCommit: string },
  inView: GitOptions,
  notes: string[],
  signal?: AbortSignal,
): Promise<{ tags: Map<string, string>; old: Set<string> }> {
  const tags = new Map<string, string>()
  const old = new Set<string>([startCommit])
  const others = ids.filter((id) => id !== startCommit && !graph.has(id))
  for (const [id, { kind, peeled }] of await kindsOf(others, inView, signal)) {
    if (kind === 'commit') old.add(id)
    else if (kind === 'tag' && peeled !== undefined) tags.set(id, peeled)
    else if (kind === 'missing' && notes.length < 5)
      notes.push(`The commit ${id.slice(0, 12)} of ${from.get(id)} was refused: it is missing or damaged`)
    else if (kind !== 'missing' && from.get(id)?.startsWith('tag '))
      notes.push(`The ${from.get(id)} is no commit and was left out`)
  }
  return { tags, old }
}

/** Under which names imported commits stand in the receiving repository. */
const importedRef = (id: string) => `refs/imported/${id}`

async function fetchAndCheck(
  { view, receiver, startCommit }: ImportOptions,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  // As many as an argument list bears.
  for (let at = 0; at < ids.length; at += 500) {
    const refs = Object.fromEntries(ids.slice(at, at + 500).map((id) => [importedRef(id), id]))
    const result = await scratchFetch({ from: view, refs, commonCommit: startCommit }, receiver, signal)
    if (result.exitCode === 0) continue
    const said = new Error(utf8(result.stderr))
    if (isShortage(said)) throw said // The host's fault, not the commit's.
    return refusalIn(said.message)
  }
  return (await checkObjects({ ids, startCommit }, inside(receiver), {}, signal)).problem
}

function refusalIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^(fatal|error|remote: (fatal|error)):/.test(line))
  return (lines.at(0) ?? 'git could not read it').slice(0, 300)
}

const inside = (gitDirectory: string) => ({ cwd: gitDirectory, trust: 'none', env: { GIT_DIR: gitDirectory } }) as const
