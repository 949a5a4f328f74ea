import { createHash } from 'node:crypto'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { crc32, deflateSync } from 'node:zlib'

/** An object that git is to have. */
export interface NewObject {
  readonly id: string
  readonly type: 'commit' | 'tree'
  readonly body: Buffer
}

export interface Pack {
  /** What its files are called, before `.pack` and `.idx`. */
  readonly name: string
  readonly pack: Buffer
  readonly index: Buffer
}

const typeNumbers = { commit: 1, tree: 2 } as const

/** Objects as one pack with its index, both of version 2, as gitformat-pack(5) has them; each object once, none as a delta. Pure. */
export async function makePack(objects: readonly NewObject[], objectFormat: 'sha1' | 'sha256'): Promise<Pack> {
  const sorted = [...objects].sort((a, b) => (a.id < b.id ? -1 : 1))
  const packed: Buffer[] = []
  for (const { type, body } of sorted) {
    packed.push(Buffer.concat([entryHead(type, body.length), compressed(body)]))
    if (packed.length % objectsAtOnce === 0) await yieldToOthers()
  }
  const pack = sealed([Buffer.from('PACK'), numbers([2, objects.length]), ...packed], objectFormat)
  const checksum = pack.subarray(-createHash(objectFormat).digest().length)
  let offset = 12
  const offsets = packed.map((entry) => {
    const own = offset
    offset += entry.length
    return own
  })
  const index = sealed(
    [
      Buffer.from('\xfftOc', 'latin1'),
      numbers([2, ...fanOut(sorted)]),
      Buffer.from(sorted.map(({ id }) => id).join(''), 'hex'),
      numbers(packed.map((entry) => crc32(entry))),
      numbers(offsets),
      checksum,
    ],
    objectFormat,
  )
  return { name: `pack-${checksum.toString('hex')}`, pack, index }
}

const objectsAtOnce = 256

/**
 * At once, and into a buffer of about the right size: what is compressed in the background takes a quarter of a megabyte while it is
 * under way and leaves a buffer of 16 KiB, and of ten thousand small objects that is most of the memory of a merge.
 */
function compressed(body: Buffer): Buffer {
  return deflateSync(body, { chunkSize: Math.min(64 * 1024, Math.max(64, body.length)) })
}

/** The object's type and size: four bits of the size beside the type, then seven a byte, the lowest first. */
function entryHead(type: NewObject['type'], size: number): Buffer {
  const bytes = [(typeNumbers[type] << 4) | (size & 15)]
  for (let rest = size >>> 4; rest > 0; rest >>>= 7) {
    bytes.push((bytes.pop() ?? 0) | 128, rest & 127)
  }
  return Buffer.from(bytes)
}

/** How many of the objects have a first byte of at most 0, 1, ... 255. */
function fanOut(sorted: readonly NewObject[]): number[] {
  const counts = new Array<number>(256).fill(0)
  for (const { id } of sorted) {
    const first = Number.parseInt(id.slice(0, 2), 16)
    counts[first] = (counts[first] ?? 0) + 1
  }
  let sum = 0
  return counts.map((count) => {
    sum += count
    return sum
  })
}

function numbers(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4)
  return buffer
}

/** Followed by its own checksum. */
function sealed(parts: readonly Buffer[], objectFormat: 'sha1' | 'sha256'): Buffer {
  const sum = createHash(objectFormat)
  for (const part of parts) sum.update(part)
  return Buffer.concat([...parts, sum.digest()])
}
