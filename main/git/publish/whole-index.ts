import type { TreeChanges } from '../changes/tree-changes.ts'
import { parentsOf } from './parents-of.ts'
import { type IndexEntry, indexEntries } from './restat-index.ts'

const folderType = 0o040000

/**
 * Whether the entries of an index of the user's can change path by path, as gitformat-index(5) has it: it is one file that lists every file once
 * (it is not split, none of its entries stands for a folder, and no merge is under way), and no entry that stays is a folder of a file that comes, or in it.
 */
export function isChangedByPath(index: Buffer, objectFormat: 'sha1' | 'sha256', changes: TreeChanges): boolean {
  const entries = indexEntries(index, objectFormat)
  return entries !== null && isWhole(index, entries, objectFormat) && !staysInTheWay(entries, changes)
}

function isWhole(index: Buffer, entries: readonly IndexEntry[], objectFormat: 'sha1' | 'sha256'): boolean {
  for (const { at, stage } of entries) {
    if (stage !== 0 || (index.readUInt32BE(at + 24) & 0o170000) === folderType) return false
  }
  const end = index.length - (objectFormat === 'sha256' ? 32 : 20)
  for (let at = entries.at(-1)?.end ?? 12; at + 8 <= end; at += 8 + index.readUInt32BE(at + 4)) {
    if (index.toString('latin1', at, at + 4) === 'link') return false
  }
  return true
}

function staysInTheWay(entries: readonly IndexEntry[], { added, before, after }: TreeChanges): boolean {
  const stays = (name: string) => after.has(name) || !before.has(name)
  const isThere = (name: string) => entries[firstFrom(entries, name)]?.name === name
  const isInTheWay = (path: string): boolean => {
    if (parentsOf(path).some((folder) => isThere(folder) && stays(folder))) return true
    const below = `${path}/`
    for (let at = firstFrom(entries, below); entries[at]?.name.startsWith(below); at += 1) {
      if (stays(entries[at]?.name ?? '')) return true
    }
    return false
  }
  return added.some(isInTheWay)
}

/** Of the entries, which git keeps in the order of their bytes, the first that is not before the name. */
function firstFrom(entries: readonly IndexEntry[], name: string): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.name ?? '') < name) low = middle + 1
    else high = middle
  }
  return low
}
