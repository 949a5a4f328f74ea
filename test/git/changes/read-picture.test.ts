import { expect, test } from 'vitest'
import { pictureLimitBytes, readPicture } from '../../../main/git/changes/read-picture.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAEElEQVR4nGNgYGD4D8UQGgAV7AT8pVq5QgAAAABJRU5ErkJggg==',
  'base64',
)
const gif = Buffer.from('R0lGODlhBQAHAIAAAP8AAP///yH5BAAAAAAALAAAAAAFAAcAAAIFhI+py1cAOw==', 'base64')
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b080009000b01011100', 'hex')
const webp = Buffer.concat([
  Buffer.from('RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f', 'latin1'),
  Buffer.from([0x03, 0x80, 0x01, 0x00]),
  Buffer.alloc(8),
])

const sizeOf = (bytes: Buffer) => {
  const picture = readPicture(bytes)
  return picture && [picture.type, picture.width, picture.height]
}

test('four kinds of pictures are known by what they begin with, with their sizes', () => {
  expect(sizeOf(png)).toEqual(['image/png', 2, 3])
  expect(sizeOf(gif)).toEqual(['image/gif', 5, 7])
  expect(sizeOf(jpeg)).toEqual(['image/jpeg', 11, 9])
  expect(sizeOf(webp)).toEqual(['image/webp', 4, 7])
  expect(readPicture(png)?.data).toBe(png.toString('base64'))
})

test('what is none, says that it is huge, or is cut off is no picture, and what can hold a program never is', () => {
  const huge = Buffer.from(png)
  huge.writeUInt32BE(100_000, 16)
  huge.writeUInt32BE(100_000, 20)
  const none = Buffer.from(png)
  none.writeUInt32BE(0, 16)
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const long = Buffer.concat([png, Buffer.alloc(pictureLimitBytes)])
  for (const bytes of [
    huge,
    none,
    svg,
    long,
    Buffer.alloc(0),
    png.subarray(0, 20),
    jpeg.subarray(0, 22),
    webp.subarray(0, 20),
  ])
    expect(readPicture(bytes)).toBeNull()
  // A frame that never comes, behind segments that say that they are as long as can be.
  expect(readPicture(Buffer.concat([Buffer.from('ffd8ffe0ffff', 'hex'), Buffer.alloc(200_000, 0xff)]))).toBeNull()
  expect(
    readPicture(Buffer.concat([Buffer.from('ffd8ff', 'hex'), Buffer.from('ffe00000'.repeat(1000), 'hex')])),
  ).toBeNull()
})
