import { type AlsoKept, alsoPrefix, taskRef } from '../../core/merge/merge.ts'
import type { Imported } from '../import/import-tips.ts'
import type { GitOptions } from '../process/git.ts'
import { type earlierRefs, earlierWork } from '../survey/earlier-refs.ts'
import type { Told } from './bounded-notes.ts'
import type { Line } from './choose-line.ts'
import { type Beside, besideLine, partsOf } from './gather-also.ts'
import { OwnCommit } from './own-commit.ts'
import { publishWork } from './publish-work.ts'
import type { SavedWork } from './save-work-trees.ts'

/** Everything of a clone that was brought into the receiver, before any of it has a ref. */
export interface Gathered {
  /** The user's repository that receives the work. */
  readonly source: { readonly path: string }
  readonly taskId: string
  readonly startCommit: string
  /** Host-only repositories: `receiver` holds what was imported; what was made of files is fetched into `proof` first. */
  readonly receiver: string
  readonly proof: string
  readonly line: Line
  readonly imported: Imported
  readonly earlier: Awaited<ReturnType<typeof earlierRefs>>
  readonly saved: readonly SavedWork[]
}

/** Brings what was gathered to refs of the user's repository: the line to `refs/tasks/ID`, the rest beside it. */
export async function publishGathered(
  options: Gathered,
  inReceiver: GitOptions,
  { notes, unsaved }: Told,
  signal?: AbortSignal,
): Promise<{ commit: string; wip: boolean; files: string | undefined; also: readonly AlsoKept[] }> {
  const { source, taskId, startCommit, line, imported, saved, receiver } = options
  const besides: Beside[] = []
  const made: OwnCommit[] = []
  let ofLine: OwnCommit | undefined
  for (const work of saved) {
    const ours = await OwnCommit.of(work, { taskId, receiver: inReceiver, signal })
    if (ours === null) continue
    made.push(ours)
    if (work.onLine) ofLine = ours
    else besides.push({ id: ours.id, commit: ours.id, from: work.from, ours })
  }
  /** The commit that holds the files of the clone's own work tree, where they differ from their base. */
  const files = made.find(({ work }) => work.of === null && work.isWatched)?.id
  const tips = options.imported.from
  besides.push(
    ...(await besideLine({ imported, tips, line: line.commit, taskId, repository: source.path }, signal)),
    ...(await earlierWork(options.earlier, { imported, startCommit, repository: source.path }, signal)),
  )
  const parts = await partsOf(besides, { taskId, startCommit, receiver: inReceiver }, signal)
  const own = {
    ref: taskRef(taskId),
    variants: [
      ...(ofLine?.variants('uncommitted files', 'uncommitted files that git had not refused') ?? []),
      ...(line.commit === startCommit ? [] : [{ what: 'commits', isOurs: false, make: async () => line.commit }]),
    ],
  }
  const all = [...(own.variants.length > 0 ? [own] : []), ...parts.map(({ part }) => part)]
  if (all.length === 0) return { commit: startCommit, wip: false, files, also: options.earlier.also }
  const { at, problem } = await publishWork(
    { source: source.path, receiver, proof: options.proof, startCommit },
    all,
    notes,
    signal,
  )
  const commit = at.get(own.ref) ?? startCommit
  if (ofLine && (commit === startCommit || commit === line.commit)) ofLine.placed = null
  for (const { part, of, kept } of parts) {
    if (at.has(part.ref)) continue
    for (const ours of of) ours.placed = null
    if (of.length === 0) unsaved.push(`The commits of ${kept.from} are only in the clone`)
  }
  for (const ours of made) {
    const said = await ours.unsaved()
    if (said !== null) unsaved.push(said)
  }
  if (own.variants.length > 0 && commit === startCommit && line.commit !== startCommit) throw new Error(problem)
  const also = parts
    .filter(({ part }) => at.has(part.ref))
    .map(({ part, kept }) => ({
      ...kept,
      commit: at.get(part.ref) === part.ref.split('/').at(-1) ? kept.commit : (at.get(part.ref) ?? kept.commit),
    }))
  notes.push(...aboutAlso(taskId, also, commit === startCommit))
  const listed = new Set(also.map(({ ref }) => ref))
  return {
    commit,
    wip: commit !== line.commit && commit !== startCommit,
    files,
    also: [...also, ...options.earlier.also.filter(({ ref }) => !listed.has(ref))],
  }
}

/** What only a reflog remembers the agent took back itself: it is listed, and not announced as work. */
function aboutAlso(taskId: string, also: readonly AlsoKept[], isAll: boolean): string[] {
  const announced = also.filter(({ from }) => !from.startsWith('the reflog of '))
  const [first] = announced
  if (!first) return []
  const where = announced.length === 1 ? first.ref : `${announced.length} refs below ${alsoPrefix(taskId)}`
  const names = announced.slice(0, 3).map(({ from }) => from)
  const what = isAll
    ? "Nothing is on the task's branch; work waits"
    : 'More work, which does not merge by itself, waits'
  return [`${what} at ${where}: ${names.join(', ')}${announced.length > 3 ? ' …' : ''}`]
}
