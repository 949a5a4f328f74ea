import type { ConflictContent, ConflictKind, FileConflict, FileSide, FileSides } from '../../core/merge/conflicts.ts'
import type { Collision, MergeNote } from '../merge/merge-trees.ts'
import type { Stop } from '../merge/replay-commits.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, zeroSeparated } from '../process/git.ts'
import { objectSizes, readObjects } from '../process/read-objects.ts'

/** A file that did not merge, with where the merged tree has it: `rawPath` is latin1, `path` is for a person. */
export interface LocatedConflict extends FileConflict {
  readonly rawPath: string
}

/** A larger text is not shown as a whole. */
const shownBytes = 2 * 1024 ** 2
/** No text is larger: whole sides are all that can be had of it. */
const textBytes = 64 * 1024 ** 2
/** git looks this far for a NUL. */
const sniffedBytes = 8000

/** The files of a commit that did not merge, by path. */
export async function fileConflicts(stop: Stop, call: GitOptions, signal?: AbortSignal): Promise<LocatedConflict[]> {
  const found = [...groupStages(stop.collision)].flatMap(([path, sides]) => locate(path, sides, stop.collision))
  const inParent = await listTree(call, stop.parentTree, signal)
  const withSides = await Promise.all(
    found.map(async (conflict) =>
      conflict.kind === 'rename/rename'
        ? { ...conflict, sides: await sidesOfRename(conflict.renamed, stop, call, signal) }
        : conflict,
    ),
  )
  const contents = await contentsOf(withSides, call, signal)
  return withSides
    .map(({ renamed: _, ...conflict }, index) => ({
      ...conflict,
      oldPath: conflict.oldPath ?? nameBefore(conflict, inParent),
      content: contents[index] ?? 'binary',
    }))
    .sort((a, b) => byBytes(a.rawPath, b.rawPath))
}

type Located = Omit<LocatedConflict, 'content'> & { readonly renamed: readonly string[] }

function groupStages({ stages }: Collision): ReadonlyMap<string, FileSides> {
  const names = { 1: 'base', 2: 'ours', 3: 'theirs' } as const
  const files = new Map<string, FileSides>()
  for (const { path, stage, mode, id } of stages) {
    const known = files.get(path) ?? { base: null, ours: null, theirs: null }
    files.set(path, { ...known, [names[stage]]: { mode, id } })
  }
  return files
}

/** Nothing for the old name of a file that both sides renamed: its conflict is told under the new names. */
function locate(rawPath: string, sides: FileSides, collision: Collision): readonly Located[] {
  const about = (type: string): MergeNote | undefined =>
    collision.notes.find((note) => note.type === `CONFLICT (${type})` && note.paths.includes(rawPath))
  const rename = about('rename/rename')
  if (rename?.paths.length === 3) {
    const [old = '', ...names] = rename.paths
    if (rawPath === old) return []
    const related = names.filter((name) => name !== rawPath).map(shownPath)
    return [
      {
        rawPath,
        path: shownPath(rawPath),
        oldPath: shownPath(old),
        kind: 'rename/rename',
        sides,
        related,
        renamed: rename.paths,
      },
    ]
  }
  const madeUp = madeUpName(rawPath, collision.labels)
  const inTheWay = about('file/directory') ?? about('distinct modes')
  const moved = about('directory rename suggested')
  const others = (inTheWay?.paths ?? []).filter((path) => path !== rawPath).map(shownPath)
  const oldPath = madeUp?.wanted ?? moved?.paths.find((path) => path !== rawPath)
  return [
    {
      rawPath,
      path: shownPath(madeUp?.shown ?? rawPath),
      oldPath: oldPath === undefined ? null : shownPath(oldPath),
      kind: madeUp || inTheWay ? 'displaced' : kindOf(sides),
      sides,
      related: others,
      renamed: [],
    },
  ]
}

function kindOf({ base, ours, theirs }: FileSides): ConflictKind {
  if (ours && theirs) return base ? 'content' : 'add/add'
  if (!base) return 'moved-directory'
  return ours ? 'deleted-by-task' : 'deleted-by-branch'
}

/** git names a file that another is in the place of after the side that it came from, which is a commit's id here. */
function madeUpName(
  path: string,
  { ours, theirs }: Collision['labels'],
): { readonly shown: string; readonly wanted: string } | undefined {
  for (const [label, side] of [
    [ours, 'branch'],
    [theirs, 'task'],
  ] as const) {
    const at = path.lastIndexOf(`~${label}`)
    if (at > 0)
      return { wanted: path.slice(0, at), shown: `${path.slice(0, at)}~${side}${path.slice(at + 1 + label.length)}` }
  }
  return undefined
}

/** Under each name git has what both sides made of the file; what each side made of it alone is in its own tree. */
async function sidesOfRename(
  [old = '', oursName = '', theirsName = '']: readonly string[],
  { parentTree, headTree, commit }: Stop,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<FileSides> {
  const entryOf = async (tree: string, path: string) => (await listTree(call, tree, signal)).get(path) ?? null
  const [base, ours, theirs] = await Promise.all([
    entryOf(parentTree, old),
    entryOf(headTree, oursName),
    entryOf(commit.tree, theirsName),
  ])
  return { base, ours, theirs }
}

/** Files of a tree by their raw paths. */
async function listTree(call: GitOptions, tree: string, signal?: AbortSignal): Promise<ReadonlyMap<string, FileSide>> {
  const args = ['ls-tree', '-r', '-z', '--full-tree', tree]
  const entries = zeroSeparated((await gitOrThrow(args, call, signal)).stdout).map((entry) => {
    const tab = entry.indexOf('\t')
    const [mode = '', , id = ''] = entry.slice(0, tab).split(' ')
    return [entry.slice(tab + 1), { mode, id }] as const
  })
  return new Map(entries)
}

/** The name in the parent of a file that has another one now: its content is the base. */
function nameBefore(
  { rawPath, sides }: Pick<Located, 'rawPath' | 'sides'>,
  inParent: ReadonlyMap<string, FileSide>,
): string | null {
  if (!sides.base || inParent.has(rawPath)) return null
  for (const [path, { id }] of inParent) if (id === sides.base.id) return shownPath(path)
  return null
}

async function contentsOf(
  conflicts: readonly Located[],
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly ConflictContent[]> {
  const sidesOf = ({ sides: { base, ours, theirs } }: Located) => [base, ours, theirs].filter((side) => side !== null)
  const blobs = [...new Set(conflicts.flatMap(sidesOf).flatMap(({ mode, id }) => (mode === submoduleMode ? [] : [id])))]
  const sizes = await objectSizes(call, blobs, signal)
  const small = blobs.filter((id) => (sizes.get(id) ?? 0) <= textBytes)
  const binary = new Set<string>()
  for (const [index, content] of (await readObjects(call, 'blob', small, signal)).entries()) {
    if (content.slice(0, sniffedBytes).includes('\0')) binary.add(small[index] ?? '')
  }
  return conflicts.map((conflict) => {
    const sides = sidesOf(conflict)
    if (sides.some(({ mode }) => mode === submoduleMode)) return 'submodule'
    if (sides.some(({ mode }) => mode === linkMode)) return 'link'
    const bytes = Math.max(0, ...sides.map(({ id }) => sizes.get(id) ?? 0))
    if (bytes > textBytes || sides.some(({ id }) => binary.has(id))) return 'binary'
    return bytes > shownBytes ? 'too-large' : 'text'
  })
}

const submoduleMode = '160000'
const linkMode = '120000'
