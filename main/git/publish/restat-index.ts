import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

/**
 * Gives entries of a git index the times, inodes and sizes of files that were moved into place after git had written it, so that git
 * need not read them again. Changes the bytes in place, as gitformat-index(5) has them. False, with nothing changed, for an index
 * of a form that is not known here: git then reads those files when it next looks.
 */
export function restatIndex(
  index: Buffer,
  files: ReadonlyMap<string, BigIntStats>,
  objectFormat: 'sha1' | 'sha256',
): boolean {
  const idBytes = objectFormat === 'sha256' ? 32 : 20
  const version = index.length > 12 + idBytes && index.toString('latin1', 0, 4) === 'DIRC' ? index.readUInt32BE(4) : 0
  if (version < 2 || version > 4) return false
  const end = index.length - idBytes
  const found: { at: number; stats: BigIntStats }[] = []
  let at = 12
  let name = ''
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const flagsAt = at + 40 + idBytes
    if (flagsAt + 2 > end) return false
    const isExtended = version >= 3 && (index.readUInt16BE(flagsAt) & 0x4000) !== 0
    let nameAt = flagsAt + (isExtended ? 4 : 2)
    let kept = ''
    if (version === 4) {
      const { value, next } = offsetAt(index, nameAt)
      kept = name.slice(0, Math.max(0, name.length - value))
      nameAt = next
    }
    const nameEnd = index.indexOf(0, nameAt)
    if (nameEnd < 0 || nameEnd >= end) return false
    name = kept + index.toString('latin1', nameAt, nameEnd)
    const stats = files.get(name)
    if (stats) found.push({ at, stats })
    // Before version 4 an entry is filled up with one to eight zeros to a multiple of eight.
    at = version === 4 ? nameEnd + 1 : at + Math.ceil((nameEnd + 1 - at) / 8) * 8
  }
  const trailer = index.subarray(end)
  for (const entry of found) writeStat(index, entry.at, entry.stats)
  // All zeros: the user has `index.skipHash`.
  if (!trailer.every((byte) => byte === 0)) {
    trailer.set(createHash(objectFormat).update(index.subarray(0, end)).digest())
  }
  return true
}

const low32 = 0xffff_ffffn
const billion = 1_000_000_000n

/** git keeps the low 32 bits of each. */
function writeStat(index: Buffer, at: number, stats: BigIntStats): void {
  const put = (offset: number, value: bigint) => index.writeUInt32BE(Number(value & low32), at + offset)
  put(0, stats.ctimeNs / billion)
  put(4, stats.ctimeNs % billion)
  put(8, stats.mtimeNs / billion)
  put(12, stats.mtimeNs % billion)
  put(16, stats.dev)
  put(20, stats.ino)
  // The mode between them is git's own.
  put(28, stats.uid)
  put(32, stats.gid)
  put(36, stats.size)
}

/** git's variable-length number, as in offsets of packs. */
function offsetAt(index: Buffer, from: number): { value: number; next: number } {
  let at = from
  let byte = index[at++] ?? 0
  let value = byte & 127
  while ((byte & 128) !== 0) {
    byte = index[at++] ?? 0
    value = (value + 1) * 128 + (byte & 127)
  }
  return { value, next: at }
}
