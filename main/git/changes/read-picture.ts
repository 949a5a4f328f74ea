import type { Picture } from '../../core/merge/file-diff.ts'

/** More are not shown. */
export const pictureLimitBytes = 1024 ** 2
/** A small file can say that it is a huge picture. */
const limitPixels = 32_000_000

type Size = Pick<Picture, 'width' | 'height'>

/** The bytes as a picture, by what they begin with and never by a name; null when they are none that may be shown. Pure. */
export function readPicture(bytes: Buffer): Picture | null {
  if (bytes.length > pictureLimitBytes) return null
  for (const { type, sizeOf } of kinds) {
    const size = sizeOf(bytes)
    if (!size) continue
    const isSound = size.width > 0 && size.height > 0 && size.width * size.height <= limitPixels
    return isSound ? { type, ...size, data: bytes.toString('base64') } : null
  }
  return null
}

const kinds: readonly { readonly type: Picture['type']; readonly sizeOf: (bytes: Buffer) => Size | null }[] = [
  { type: 'image/png', sizeOf: sizeOfPng },
  { type: 'image/jpeg', sizeOf: sizeOfJpeg },
  { type: 'image/gif', sizeOf: sizeOfGif },
  { type: 'image/webp', sizeOf: sizeOfWebp },
]

const begins = (bytes: Buffer, latin1: string, at = 0): boolean =>
  bytes.toString('latin1', at, at + latin1.length) === latin1

/** https://www.w3.org/TR/png-3/#11IHDR: the size stands at the beginning of the first chunk. */
function sizeOfPng(bytes: Buffer): Size | null {
  if (!begins(bytes, '\x89PNG\r\n\x1a\n') || !begins(bytes, 'IHDR', 12) || bytes.length < 24) return null
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18. */
function sizeOfGif(bytes: Buffer): Size | null {
  if ((!begins(bytes, 'GIF87a') && !begins(bytes, 'GIF89a')) || bytes.length < 10) return null
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
}

/** ITU T.81, B.2.2: the size stands in the frame header, behind segments that say how long they are. */
function sizeOfJpeg(bytes: Buffer): Size | null {
  if (!begins(bytes, '\xff\xd8\xff')) return null
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}

/** https://developers.google.com/speed/webp/docs/riff_container: one of three forms of the first chunk. */
function sizeOfWebp(bytes: Buffer): Size | null {
  if (!begins(bytes, 'RIFF') || !begins(bytes, 'WEBP', 8) || bytes.length < 30) return null
  if (begins(bytes, 'VP8X', 12)) return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
  if (begins(bytes, 'VP8 ', 12))
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
  if (!begins(bytes, 'VP8L', 12)) return null
  const bits = bytes.readUInt32LE(21)
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
}
