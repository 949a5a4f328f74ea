import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

/** An entry of a git index, by where it begins there. */
export interface IndexEntry {
  readonly at: number
  /** Where the next one begins, or the first extension. */
  readonly end: number
  /** latin1 */
  readonly name: string
  /** 0 unless a merge left it. */
  readonly stage: number
}

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
  const entries = indexEntries(index, objectFormat)
  if (entries === null) return false
  for (const { at, name } of entries) {
    const stats = files.get(name)
    if (stats) writeStat(index, at, stats)
  }
  sealIndex(index, objectFormat)
  return true
}

/** Null for an index of a form that is not known here. */
export function indexEntries(index: Buffer, objectFormat: 'sha1' | 'sha256'): readonly IndexEntry[] | null {
  const idBytes = bytesOfId(objectFormat)
  const version = index.length > 12 + idBytes && index.toString('latin1', 0, 4) === 'DIRC' ? index.readUInt32BE(4) : 0
  if (version < 2 || version > 4) return null
  const end = index.length - idBytes
  const found: IndexEntry[] = []
  let at = 12
  let name = ''
  for (let left = index.readUInt32BE(8); left > 0; left -= 1) {
    const flagsAt = at + 40 + idBytes
    if (flagsAt + 2 > end) return null
    const flags = index.readUInt16BE(flagsAt)
    const isExtended = version >= 3 && (flags & 0x4000) !== 0
    let nameAt = flagsAt + (isExtended ? 4 : 2)
    let kept = ''
    if (version === 4) {
      const { value, next } = offsetAt(index, nameAt)
      kept = name.slice(0, Math.max(0, name.length - value))
      nameAt = next
    }
    const nameEnd = index.indexOf(0, nameAt)
    if (nameEnd < 0 || nameEnd >= end) return null
    name = kept + index.toString('latin1', nameAt, nameEnd)
    // Before version 4 an entry is filled up with one to eight zeros to a multiple of eight.
    const next = version === 4 ? nameEnd + 1 : at + Math.ceil((nameEnd + 1 - at) / 8) * 8
    found.push({ at, end: next, name, stage: (flags >> 12) & 3 })
    at = next
  }
  return found
}

/** Makes the sum at the end true again, after entries have changed. */
export function sealIndex(index: Buffer, objectFormat: 'sha1' | 'sha256'): void {
  const end = index.length - bytesOfId(objectFormat)
  const trailer = index.subarray(end)
  // All zeros: the user has `index.skipHash`.
  if (!trailer.every((byte) => byte === 0)) {
    trailer.set(createHash(objectFormat).update(index.subarray(0, end)).digest())
  }
}

const bytesOfId = (objectFormat: 'sha1' | 'sha256'): number => (objectFormat === 'sha256' ? 32 : 20)

const low32 = 0xffff_ffffn
const billion = 1_000_000_000n

/** git keeps the low 32 bits of each. */
export function writeStat(index: Buffer, at: number, stats: BigIntStats): void {
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

/** Whether the file is what the entry says, but for its owner and for when that changed. */
export function differsInOwnerAlone(index: Buffer, { at }: IndexEntry, stats: BigIntStats): boolean {
  const is = (offset: number, value: bigint) => index.readUInt32BE(at + offset) === Number(value & low32)
  const { mtimeNs, ino, size } = stats
  return is(8, mtimeNs / billion) && is(12, mtimeNs % billion) && is(20, ino) && is(36, size)
}

/** Whether the file is what the entry says, to the nanosecond: git itself compares seconds. */
export function isAsEntered(index: Buffer, entry: IndexEntry, stats: BigIntStats): boolean {
  const is = (offset: number, value: bigint) => index.readUInt32BE(entry.at + offset) === Number(value & low32)
  const { ctimeNs, uid, gid } = stats
  return (
    differsInOwnerAlone(index, entry, stats) &&
    is(0, ctimeNs / billion) &&
    is(4, ctimeNs % billion) &&
    is(28, uid) &&
    is(32, gid)
  )
}

/** Has git read the file when it next looks. */
export function forgetStat(index: Buffer, { at }: IndexEntry): void {
  for (const offset of [0, 4, 8, 12, 20, 36]) index.writeUInt32BE(0, at + offset)
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
