import { cut } from '../../core/cut.ts'
import { messageOf } from '../../core/failure.ts'
import { isShortage } from '../../lib/shortage.ts'
import type { CleanedFile } from '../import/lfs-clean.ts'
import { shownPath } from '../process/byte-path.ts'
import { type Head, nameOf, type Operation } from '../survey/read-tips.ts'
import { claudeWorkTrees, type InnerWorkTree, pathOfWorkTree, readHints } from '../survey/work-trees.ts'
import type { Told } from './bounded-notes.ts'
import type { KnownCommits, Line } from './choose-line.ts'
import { saveFiles } from './save-files.ts'

/** What was uncommitted in one work tree, as a tree in the receiver; what git was told not to watch there is one more. */
export interface SavedWork {
  readonly tree: string | null
  readonly isWatched: boolean
  readonly lfs: readonly CleanedFile[]
  /** The commit that the files differ from. */
  readonly base: string
  /** Whether that is the commit of the line, so that the files are a part of it. */
  readonly onLine: boolean
  readonly from: string
  readonly of: string | null
}

interface WorkTreesOptions {
  readonly workspace: string
  readonly gitDirectory: string
  readonly scratch: string
  readonly gitlinks: ReadonlyMap<string, string>
  readonly head: Head
  readonly operation: Operation | null
  readonly line: Line
  readonly known: KnownCommits
  readonly inner: readonly InnerWorkTree[]
  readonly objectFormat: 'sha1' | 'sha256'
  readonly gitFolder: string | undefined
  readonly apart: readonly string[]
  readonly complete: boolean
  readonly sparsePatterns: string | null
  /** See `SaveOptions`; of the clone's own work tree. */
  readonly isIndexKnown: Promise<boolean> | undefined
}

/** Saves the files of the clone's work tree, and of those inside it, each against the commit that it was checked out from. */
export async function saveWorkTrees(
  options: WorkTreesOptions,
  { notes, unsaved }: Told,
  signal?: AbortSignal,
): Promise<readonly SavedWork[]> {
  const { workspace, gitDirectory, scratch, head, operation, line, known, inner, gitFolder, objectFormat, complete } =
    options
  const base = baseOf(head, line, known)
  const apart = [...options.apart, ...inner.map(({ folder }) => folder)]
  const common = { gitDirectory, scratch, complete }
  const hints = gitFolder === undefined ? undefined : await readHints(gitFolder, 'index', objectFormat)
  const saved: SavedWork[] = []
  const save = async (
    work: Pick<SavedWork, 'base' | 'onLine' | 'from' | 'of'>,
    how: Parameters<typeof saveFiles>[0],
  ) => {
    try {
      const files = await saveFiles(how, signal)
      notes.push(...files.notes)
      unsaved.push(...files.unsaved)
      saved.push({ ...work, tree: files.tree, isWatched: true, lfs: files.lfs })
      if (files.unwatched !== null) {
        const from = work.onLine
          ? 'files that git was told not to watch'
          : `${work.from} that git was told not to watch`
        saved.push({ ...work, tree: files.unwatched, isWatched: false, onLine: false, from, lfs: [] })
      }
      return files.others
    } catch (error) {
      signal?.throwIfAborted()
      if (isShortage(error)) throw error
      const where = work.of === null ? '' : ` of ${work.of}`
      unsaved.push(`Uncommitted files${where} could not be saved: ${messageOf(error).slice(0, 300)}`)
      return []
    }
  }
  const { gitlinks, sparsePatterns, isIndexKnown } = options
  // In the middle of a merge or rebase they are neither side's work yet.
  const onLine = base === line.tip && head.kind !== 'unborn' && operation === null
  const where = head.ref === undefined ? 'the detached HEAD' : nameOf(head.ref)
  const claudes = await save(
    {
      base,
      onLine,
      from: `uncommitted files on ${where}${operation === null ? '' : `, in the middle of a ${operation}`}`,
      of: null,
    },
    { ...common, workspace, base, gitlinks, sparsePatterns, hints, apart, isIndexKnown },
  )
  for (const tree of [...inner, ...claudeWorkTrees(claudes).map(abandoned)]) {
    const path = pathOfWorkTree(workspace, tree.folder)
    if (path === undefined) {
      unsaved.push(`${shownPath(tree.folder)} was left out: a work tree whose name is no UTF-8`)
      continue
    }
    const within = apart
      .filter((folder) => folder.startsWith(`${tree.folder}/`))
      .map((folder) => folder.slice(tree.folder.length + 1))
    const own = { workspace: path, base: baseOf(tree.head, line, known), gitlinks: new Map(), sparsePatterns: null }
    await save(
      { base: own.base, onLine: false, from: `uncommitted files of ${tree.name}`, of: tree.name },
      { ...common, ...own, hints: tree.hints, apart: within },
    )
  }
  return saved
}

/** The commit that a work tree's files are compared with: what its HEAD names, else what that named last. */
function baseOf({ commit, kind, earlier }: Head, line: Line, known: KnownCommits): string {
  if (commit !== undefined && known.has(commit)) return commit
  const last = kind === 'unborn' ? earlier.find((id) => known.has(id)) : undefined
  return last ?? line.tip
}

/** A folder of Claude Code's for a helper, of which git knows nothing any more. */
const abandoned = (folder: string): InnerWorkTree => ({
  ...{ folder, name: cut(shownPath(folder), 200), hints: undefined, gitFile: undefined },
  head: { commit: undefined, ref: undefined, kind: 'unreadable', earlier: [] },
})
