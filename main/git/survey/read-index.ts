/** What a clone's index says of paths that may be absent, or differ, without having been deleted or changed. */
export interface IndexHints {
  /** Sparse checkout or `update-index --skip-worktree`. */
  readonly skipped: ReadonlySet<string>
  /** Folders, with a slash at their end, that a sparse index names in place of their files. */
  readonly skippedFolders: readonly string[]
  /** `update-index --assume-unchanged`. */
  readonly assumed: ReadonlySet<string>
  /** In a merge that is not settled. */
  readonly unmerged: ReadonlySet<string>
  /** Every path of it that is a file; also those that ignore patterns would leave out. */
  readonly paths: ReadonlySet<string>
  /** A monitor of the guest's told git what changed, or parts of the index lie elsewhere: no absence in it says anything. */
  readonly isDoubtful: boolean
}

const folderMode = 0o040000
const gitlinkMode = 0o160000

/**
 * Parses an index as data, as git's `Documentation/gitformat-index.txt` describes versions 2 to 4; undefined for what is none. Paths
 * are latin1. Pure.
 */
export function readIndex(bytes: Buffer, objectFormat: 'sha1' | 'sha256'): IndexHints | undefined {
  const idLength = objectFormat === 'sha256' ? 32 : 20
  if (bytes.length < 12 + idLength || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined
  const version = bytes.readUInt32BE(4)
  if (version < 2 || version > 4) return undefined
  const hints = {
    skipped: new Set<string>(),
    skippedFolders: [] as string[],
    assumed: new Set<string>(),
    unmerged: new Set<string>(),
    paths: new Set<string>(),
    isDoubtful: false,
  }
  const end = bytes.length - idLength
  const count = bytes.readUInt32BE(8)
  let at = 12
  let path = Buffer.alloc(0)
  for (let entry = 0; entry < count; entry++) {
    const start = at
    at += 40 + idLength
    if (at + 4 > end) return undefined
    const mode = bytes.readUInt32BE(start + 24)
    const flags = bytes.readUInt16BE(at)
    at += 2
    const extended = version >= 3 && (flags & 0x4000) !== 0 ? bytes.readUInt16BE(at) : 0
    if ((flags & 0x4000) !== 0) at += 2
    let dropped = path.length
    if (version === 4) {
      const cut = readOffset(bytes, at, end)
      if (cut === undefined || cut.value > path.length) return undefined
      dropped = cut.value
      at = cut.next
    }
    const nul = bytes.indexOf(0, at)
    if (nul < 0 || nul > end) return undefined
    path = Buffer.concat([path.subarray(0, path.length - dropped), bytes.subarray(at, nul)])
    // Before version 4 an entry is filled with zeros to a multiple of eight.
    at = version === 4 ? nul + 1 : start + ((nul - start + 8) & ~7)
    const name = path.toString('latin1')
    const isSkipped = (extended & 0x4000) !== 0
    if (name === '')
      hints.isDoubtful = true // Replaces an entry of a shared index.
    else if (mode === folderMode) hints.skippedFolders.push(name.endsWith('/') ? name : `${name}/`)
    else {
      if (mode !== gitlinkMode) hints.paths.add(name)
      if (isSkipped) hints.skipped.add(name)
      if ((flags & 0x8000) !== 0) hints.assumed.add(name)
      if ((flags & 0x3000) !== 0) hints.unmerged.add(name)
    }
  }
  while (at + 8 <= end) {
    const signature = bytes.toString('latin1', at, at + 4)
    if (signature === 'link' || signature === 'FSMN') hints.isDoubtful = true
    at += 8 + bytes.readUInt32BE(at + 4)
  }
  return hints
}

/** The number of bytes that an entry of version 4 drops of the path before it, as pack files write offsets. */
function readOffset(bytes: Buffer, start: number, end: number): { value: number; next: number } | undefined {
  let at = start
  let byte = bytes[at++] ?? 0
  let value = byte & 0x7f
  while ((byte & 0x80) !== 0) {
    if (at >= end || value > 2 ** 24) return undefined
    byte = bytes[at++] ?? 0
    value = (value + 1) * 128 + (byte & 0x7f)
  }
  return { value, next: at }
}
