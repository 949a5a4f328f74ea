import { indexEntries } from './restat-index.ts'

const folderType = 0o040000

/**
 * Whether an index of the user's is one file that lists every file once, as gitformat-index(5) has it: it is not split, none of its entries
 * stands for a folder, and no merge is under way.
 */
export function isWholeIndex(index: Buffer, objectFormat: 'sha1' | 'sha256'): boolean {
  const entries = indexEntries(index, objectFormat)
  if (entries === null) return false
  for (const { at, stage } of entries) {
    if (stage !== 0 || (index.readUInt32BE(at + 24) & 0o170000) === folderType) return false
  }
  const end = index.length - (objectFormat === 'sha256' ? 32 : 20)
  for (let at = entries.at(-1)?.end ?? 12; at + 8 <= end; at += 8 + index.readUInt32BE(at + 4)) {
    if (index.toString('latin1', at, at + 4) === 'link') return false
  }
  return true
}
