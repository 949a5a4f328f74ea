import { byBytes } from '../process/byte-path.ts'
import { type GitOptions, gitOrThrow, zeroSeparated } from '../process/git.ts'
import type { ObjectReader } from '../process/objects.ts'
import { differing, folderId, hexId, isFolder, type TreeEntry } from '../process/tree-object.ts'

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
  /** Whether all of it could be read. */
  const collect = async (one: string | undefined, other: string | undefined, folder: string): Promise<boolean> => {
    folders += 1
    for (const [name, was, is] of await differing(one, other, reader)) {
      if (folders > most.folders || before.size + after.size > most.files || !isUsual(was) || !isUsual(is)) return false
      const path = folder + name
      if (was && !isFolder(was)) before.set(path, `${was.mode} ${hexId(was)}`)
      if (is && !isFolder(is)) after.set(path, `${is.mode} ${hexId(is)}`)
      const [below, belowNow] = [folderId(was), folderId(is)]
      if (below !== belowNow && !(await collect(below, belowNow, `${path}/`))) return false
    }
    return true
  }
  if (base !== changed && !(await collect(base, changed, ''))) return undefined
  const added = [...after.keys()].filter((path) => !before.has(path)).sort(byBytes)
  const former = [...before.keys()].sort(byBytes)
  return {
    added,
    changed: former.filter((path) => after.has(path)),
    deleted: former.filter((path) => !after.has(path)),
    before,
    after,
  }
}

const isUsual = (entry: TreeEntry | undefined): boolean => entry === undefined || usualModes.has(entry.mode)
