import type { ObjectReader } from '../process/objects.ts'
import { folderMode, hexId, isFolder, isSame, parseTree, type TreeEntry } from '../process/tree-object.ts'
import type { Quarantine } from './quarantine.ts'

/** Three trees of one folder; an entry that a side does not have is undefined. */
interface Sides<Value> {
  readonly base: Value
  readonly ours: Value
  readonly theirs: Value
}

/**
 * Merges trees of which theirs changed or added files that ours left alone, and deleted none: then no rename can play a part, and each
 * entry is that of the side which changed it, as git itself would have it. Anything else is for git: undefined, with at most some
 * trees written that nothing refers to. Reads no more than the folders that theirs changed.
 */
export async function mergeApart(
  trees: Sides<string>,
  reader: ObjectReader,
  quarantine: Quarantine,
): Promise<string | undefined> {
  const read = async (id: string) => parseTree(quarantine.held(id) ?? (await reader.read(id, 'tree')), id.length / 2)
  const [base, ours, theirs] = await Promise.all([read(trees.base), read(trees.ours), read(trees.theirs)])
  if ([...ours.values(), ...theirs.values()].some(({ mode }) => mode.startsWith('0'))) return undefined // Not as git writes it.
  for (const name of base.keys()) if (!theirs.has(name)) return undefined
  const oursLacksSome = [...base.keys()].some((name) => !ours.has(name))
  const merged = new Map(ours)
  for (const [name, entry] of theirs) {
    const sides = { base: base.get(name), ours: ours.get(name), theirs: entry }
    if (isSame(sides.base, entry)) continue
    if (isSame(sides.base, sides.ours)) {
      // A folder in place of a file, or the other way round, deletes what was there.
      if (sides.base && isFolder(sides.base) !== isFolder(entry)) return undefined
      // Where ours moved files away, git asks whether new ones should follow them.
      if (!sides.base && oursLacksSome) return undefined
      if (!isFolder(entry) || !sides.base) {
        merged.set(name, entry)
        continue
      }
    }
    if (!sides.base || !sides.ours || ![sides.base, sides.ours, entry].every(isFolder)) return undefined
    const below = { base: hexId(sides.base), ours: hexId(sides.ours), theirs: hexId(entry) }
    const id = await mergeApart(below, reader, quarantine)
    if (id === undefined) return undefined
    merged.set(name, { mode: folderMode, rawId: Buffer.from(id, 'hex').toString('latin1') })
  }
  return await quarantine.writeTree(formatTree(merged))
}

/** git sorts by bytes, a folder as if its name ended with a slash. */
function formatTree(entries: ReadonlyMap<string, TreeEntry>): string {
  const keyed = [...entries].map(([name, entry]) => ({ name, entry, key: isFolder(entry) ? `${name}/` : name }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return keyed.map(({ name, entry }) => `${entry.mode} ${name}\0${entry.rawId}`).join('')
}
