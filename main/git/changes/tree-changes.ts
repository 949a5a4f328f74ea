import { isFolder, parseTree, type TreeEntry } from '../merge/merge-disjoint.ts'
import { byBytes } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, zeroSeparated } from '../process/git.ts'
import type { ObjectReader } from '../process/objects.ts'

/** What moving from one commit to another does, by path (latin1). */
export interface TreeChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly deleted: readonly string[]
  /** Of what is changed or deleted, mode and id as they were: `100644 ID`. */
  readonly before: ReadonlyMap<string, string>
  /** The same of what is added or changed, as it will be. */
  readonly after: ReadonlyMap<string, string>
}

/** By git, for any two commits. */
export async function treeChanges(user: GitOptions, from: string, to: string): Promise<TreeChanges> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', from, to]
  return parseTreeChanges((await gitOrThrow(args, user)).stdout)
}

/** Parses `diff-tree -r -z --raw --no-renames`: `:MODE MODE ID ID LETTER`, then the path. Pure. */
function parseTreeChanges(output: string): TreeChanges {
  const fields = zeroSeparated(output)
  const added: string[] = []
  const changed: string[] = []
  const deleted: string[] = []
  const before = new Map<string, string>()
  const after = new Map<string, string>()
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = '', status] = (fields[index] ?? '').slice(1).split(' ')
    const path = fields[index + 1] ?? ''
    if (status !== 'D') after.set(path, `${newMode} ${newId}`)
    if (status === 'A') {
      added.push(path)
      continue
    }
    before.set(path, `${oldMode} ${oldId}`)
    if (status === 'D') deleted.push(path)
    else changed.push(path)
  }
  return { added, changed, deleted, before, after }
}

/** What one process reads sooner than another is started for it. */
const most = { files: 1_000, folders: 1_000 }
/** What git writes today. It reads some others, and tells them as one of these. */
const usualModes: ReadonlySet<string> = new Set(['100644', '100755', '120000', '160000', '40000'])

/** The same of two trees, by a reader that is there already. Undefined where it is much, or something that git has to tell. */
export async function readTreeChanges(
  base: string,
  changed: string,
  reader: Pick<ObjectReader, 'read'>,
): Promise<TreeChanges | undefined> {
  const before = new Map<string, string>()
  const after = new Map<string, string>()
  let folders = 0
  const read = async (id: string | undefined): Promise<ReadonlyMap<string, TreeEntry>> =>
    id === undefined ? new Map() : parseTree(await reader.read(id, 'tree'), id.length / 2)
  /** Whether all of it could be read. */
  const collect = async (one: string | undefined, other: string | undefined, folder: string): Promise<boolean> => {
    folders += 1
    for (const [name, was, is] of differing(await read(one), await read(other))) {
      if (folders > most.folders || before.size + after.size > most.files || !isUsual(was) || !isUsual(is)) return false
      const path = folder + name
      if (was && !isFolder(was)) before.set(path, `${was.mode} ${idOf(was)}`)
      if (is && !isFolder(is)) after.set(path, `${is.mode} ${idOf(is)}`)
      const [below, belowNow] = [folderOf(was), folderOf(is)]
      if (below !== belowNow && !(await collect(below, belowNow, `${path}/`))) return false
    }
    return true
  }
  if (base !== changed && !(await collect(base, changed, ''))) return undefined
  const added = [...after.keys()].filter((path) => !before.has(path)).sort(byBytes)
  const [kept, deleted] = [true, false].map((is) =>
    [...before.keys()].filter((path) => after.has(path) === is).sort(byBytes),
  )
  return { added, changed: kept ?? [], deleted: deleted ?? [], before, after }
}

function differing(left: ReadonlyMap<string, TreeEntry>, right: ReadonlyMap<string, TreeEntry>) {
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((name) => [name, left.get(name), right.get(name)] as const)
    .filter(([, was, is]) => was?.rawId !== is?.rawId || was?.mode !== is?.mode)
}

const isUsual = (entry: TreeEntry | undefined): boolean => entry === undefined || usualModes.has(entry.mode)
const idOf = ({ rawId }: TreeEntry): string => Buffer.from(rawId, 'latin1').toString('hex')
const folderOf = (entry: TreeEntry | undefined): string | undefined =>
  entry && isFolder(entry) ? idOf(entry) : undefined
