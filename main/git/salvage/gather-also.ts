import { type AlsoKept, alsoPrefix, taskRef } from '../../core/merge/merge.ts'
import type { Imported } from '../import/import-tips.ts'
import { GitError, type GitOptions, gitText } from '../process/git.ts'
import { notReached } from '../repository/not-reached.ts'
import type { Tip } from '../survey/read-tips.ts'
import type { OwnCommit } from './own-commit.ts'
import type { Part } from './publish-work.ts'

/** Refs that one salvage makes beside the line; what is beyond is joined into one commit. */
const mostAlso = 32

/** Work beside the line, before it is in the user's repository. */
export interface Beside {
  /** A commit or an annotated tag. */
  readonly id: string
  readonly commit: string
  readonly from: string
  /** Where it was made by us of files. */
  readonly ours?: OwnCommit
}

/**
 * Everything that was imported and that the line does not reach, as few commits as reach all of it; annotated tags besides, whatever
 * they stand for. What the user's own refs hold is left out: the agent has only looked at it.
 */
export async function besideLine(
  {
    imported,
    tips,
    line,
    taskId,
    repository,
  }: {
    readonly imported: Imported
    readonly tips: readonly Tip[]
    readonly line: string
    readonly taskId: string
    readonly repository: string
  },
  signal?: AbortSignal,
): Promise<readonly Beside[]> {
  const { graph, tags } = imported
  const covered = graph.reach([line])
  const from = new Map(tips.map((tip) => [tip.id, tip.from]))
  for (const [tag, commit] of tags) if (!from.has(commit)) from.set(commit, from.get(tag) ?? 'a tag')
  const heads = graph.heads([...from.keys()]).filter((id) => !covered.has(id))
  const known = await heldByUser(repository, taskId, heads, signal)
  return [
    ...heads.filter((id) => !known.has(id)).map((id) => ({ id, commit: id, from: from.get(id) ?? 'the clone' })),
    ...[...tags].map(([id, commit]) => ({ id, commit, from: from.get(id) ?? 'a tag' })),
  ]
}

/** Those of the commits that refs of the user's, or of other tasks, reach already. */
async function heldByUser(
  repository: string,
  taskId: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const missing = new Set(await notReached(repository, ids, [taskRef(taskId), `${alsoPrefix(taskId)}*`], signal))
    return new Set(ids.filter((id) => !missing.has(id)))
  } catch (error) {
    if (error instanceof GitError) return new Set() // Where the user's own history cannot be walked, nothing is taken for held.
    throw error
  }
}

/** The parts that bring it to its refs, no more than `mostAlso` of them. */
export async function partsOf(
  beside: readonly Beside[],
  {
    taskId,
    startCommit,
    receiver,
  }: { readonly taskId: string; readonly startCommit: string; readonly receiver: GitOptions },
  signal?: AbortSignal,
): Promise<readonly { readonly part: Part; readonly kept: AlsoKept; readonly of: readonly OwnCommit[] }[]> {
  const few = beside.length <= mostAlso ? beside : beside.slice(0, mostAlso - 1)
  const rest = beside.slice(few.length)
  const alone = few.map(({ id, commit, from, ours }) => {
    const ref = `${alsoPrefix(taskId)}${id}`
    const what = `commits of ${from}`
    const variants = ours?.variants(what) ?? [{ what, isOurs: false, make: async () => id }]
    return { part: { ref, variants }, kept: { ref, commit, from }, of: ours ? [ours] : [] }
  })
  return rest.length === 0 ? alone : [...alone, await joinedPart(rest, { taskId, startCommit, receiver }, signal)]
}

/** One part of many. Where git refuses files in those of our own, they are made once more without these. */
async function joinedPart(
  rest: readonly Beside[],
  how: { readonly taskId: string; readonly startCommit: string; readonly receiver: GitOptions },
  signal?: AbortSignal,
): Promise<{ part: Part; kept: AlsoKept; of: readonly OwnCommit[] }> {
  const of = rest.flatMap(({ ours }) => (ours ? [ours] : []))
  const { id, commit, from } = await join(rest, how, signal)
  const ref = `${alsoPrefix(how.taskId)}${id}`
  const what = `commits of ${from}`
  const without = async (refused: ReadonlySet<string>) => {
    const some: Beside[] = []
    for (const one of rest) {
      const made = one.ours ? await one.ours.without(refused) : one.id
      if (made !== null) some.push(one.ours ? { ...one, id: made, commit: made } : one)
    }
    return some.length === 0 ? null : (await join(some, how, signal)).id
  }
  const whole = async () => {
    for (const own of of) own.placed = own.id
    return id
  }
  const variants = [
    { what, isOurs: of.length > 0, make: whole },
    // Twice, since git may say of some only when the others are gone.
    ...(of.length > 0 ? [without, without].map((make) => ({ what, isOurs: true, make })) : []),
  ]
  return { part: { ref, variants }, kept: { ref, commit, from }, of }
}

/** A commit whose parents are all of them: nothing is unreachable, and the number of refs stays small. */
async function join(
  rest: readonly Beside[],
  {
    taskId,
    startCommit,
    receiver,
  }: { readonly taskId: string; readonly startCommit: string; readonly receiver: GitOptions },
  signal?: AbortSignal,
): Promise<Beside> {
  const tree = await gitText(['rev-parse', `${startCommit}^{tree}`], receiver, signal)
  // Dated like the start, so that the same commits are joined to the same each time.
  const date = await gitText(['show', '-s', '--format=%ct', startCommit], receiver, signal)
  const who = `Claude Task (${taskId}) <task-${taskId}@microvm-orchestrator.invalid> ${date} +0000`
  const commitOf = async (parents: readonly string[]) => {
    const listed = rest
      .filter(({ commit }) => parents.includes(commit))
      .map(({ commit, from }) => `${commit.slice(0, 12)} ${from}\n`)
    const head = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${who}`, `committer ${who}`]
    const message = `More work of task ${taskId}, joined\n\n${listed.join('').slice(0, 100_000)}`
    const input = Buffer.from(`${head.join('\n')}\n\n${message}`)
    return await gitText(['hash-object', '-t', 'commit', '-w', '--stdin'], { ...receiver, input }, signal)
  }
  let level = [...new Set(rest.map(({ commit }) => commit))]
  while (level.length > 1) {
    const next: string[] = []
    for (let at = 0; at < level.length; at += 1_000) next.push(await commitOf(level.slice(at, at + 1_000)))
    level = next
  }
  const [id = startCommit] = level
  return {
    id,
    commit: id,
    from: `${rest.length} more, joined: ${rest
      .slice(0, 3)
      .map(({ from }) => from)
      .join(', ')} …`,
  }
}
