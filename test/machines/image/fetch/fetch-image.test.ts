import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fetchImage } from '../../../../main/machines/image/fetch/fetch-image.ts'
import { type ImageIndex, indexName, sha256Of } from '../../../../main/machines/image/fetch/image-index.ts'
import { imagePlace, type Released } from '../../../../main/machines/image/fetch/image-place.ts'
import { readImageFile } from '../../../../main/machines/image/image-file.ts'
import { temporaryFolder } from '../../../support/temporary.ts'
import { cutAfter, type Habit, sound, startOddServer, status } from './odd-server.ts'

const key = '0123456789abcdef0123'
const contents = {
  vmlinux: Buffer.alloc(300_000, 'kernel'),
  'initrd.img': Buffer.alloc(9_000, 'ram'),
  'root.erofs': Buffer.alloc(900_000, 'root'),
}
const image = {
  ...({ schemaVersion: 1, kernel: 'vmlinux', initrd: 'initrd.img', root: 'root.erofs' } as const),
  ...{ kernelParameters: ['console=hvc0'], claudeVersion: '1.2.3', kernelVersion: '6.12.60', rosettaTag: 'rosetta' },
  builtAt: '2026-01-02T03:04:05.678Z',
}
const assetOf = (name: string) => `guest-${name}.zst`
const packed = Object.fromEntries(
  Object.entries(contents).map(([name, content]) => [assetOf(name), zstdCompressSync(content)]),
)
const parts: ImageIndex['parts'] = Object.entries(contents).map(([name, content]) => {
  const asset = packed[assetOf(name)] ?? Buffer.alloc(0)
  const ofContent = { contentBytes: content.length, contentSha256: sha256Of(content.toString('latin1')) }
  return { name, asset: assetOf(name), bytes: asset.length, sha256: sha256Of(asset), ...ofContent }
})
const index: ImageIndex = { schemaVersion: 1, key, image, parts }
const name = indexName('arm64', key)

/** The image's files as a release has them, with this index. */
const release = (told: unknown = index) => ({ ...packed, [name]: Buffer.from(JSON.stringify(told)) })

async function scene() {
  const cache = await temporaryFolder()
  const lines: string[] = []
  const directory = join(cache, key)
  const bring = (from: string, sha256?: string, signal?: AbortSignal) =>
    fetchImage(
      { from, sha256, architecture: 'arm64', key, directory, onProgress: (line) => lines.push(line), pauseMs: 1 },
      signal,
    )
  return { cache, directory, lines, bring }
}

const holdsImage = async (directory: string): Promise<void> => {
  for (const [file, content] of Object.entries(contents))
    expect((await readFile(join(directory, file))).equals(content)).toBe(true)
  expect(await readImageFile(directory)).toEqual(image)
}

test('an image comes from a mirror, with progress, and appears whole', async () => {
  const { url } = await startOddServer(release(), sound)
  const { bring, directory, cache, lines } = await scene()
  await bring(`${url}/`, sha256Of(JSON.stringify(index)))
  await holdsImage(directory)
  expect(await readdir(cache)).toEqual([key])
  expect(lines.at(-2)).toMatch(/^Guest image: 100 %, /)
})

test('an image comes from a folder', async () => {
  const folder = await temporaryFolder()
  for (const [file, content] of Object.entries(release())) await writeFile(join(folder, file), content)
  const { bring, directory } = await scene()
  await bring(folder)
  await holdsImage(directory)
  await rm(join(folder, name))
  const again = await scene()
  await expect(again.bring(folder)).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining(name),
  })
})

test('a fetch that was stopped is gone on with: what is there whole is not asked for again', async () => {
  const { bring, directory, cache } = await scene()
  const stop = new AbortController()
  const stops: Habit = (response) => {
    stop.abort(new Error('enough'))
    response.destroy()
  }
  const server = await startOddServer(release(), sound, sound, stops, sound)
  await expect(bring(server.url, undefined, stop.signal)).rejects.toThrow('enough')
  expect(await readdir(cache)).toEqual([`${key}.part`])
  await bring(server.url)
  await holdsImage(directory)
  // The index twice; the first file once.
  expect(server.asked).toHaveLength(6)
})

test.for<[string, unknown, RegExp]>([
  ['of other sources', { ...index, key: 'f'.repeat(20) }, /built from other sources/],
  ['of a newer version', { ...index, schemaVersion: 2 }, /a newer version/],
  ['without its kernel', { ...index, parts: parts.slice(1) }, /not whole/],
  ['with a file elsewhere', { ...index, parts: [{ ...parts[0], name: '../../x' }] }, /beside it/],
  ['that is no JSON', 'nothing', /./],
])('an index %s is refused', async ([, told, why]) => {
  const { url } = await startOddServer(release(told), sound)
  const { bring, directory, cache } = await scene()
  await expect(bring(url)).rejects.toMatchObject({ code: 'image-failed', message: expect.stringMatching(why) })
  expect(await readdir(cache)).not.toContain(directory)
})

test('with the checksum of a release, a mirror cannot give another image, however sound its list is', async () => {
  const evil = { ...index, image: { ...image, kernelParameters: ['init=/evil'] } }
  const { url } = await startOddServer(release(evil), sound)
  const { bring } = await scene()
  await expect(bring(url, sha256Of(JSON.stringify(index)))).rejects.toThrow('not the one that was released')
})

test.for<[string, Partial<ImageIndex['parts'][number]>]>([
  ['unpacks to more than it should', { contentBytes: 20 }],
  ['unpacks to something else', { contentSha256: '0'.repeat(64) }],
])('a file that %s is not used', async ([, wrong]) => {
  const told = { ...index, parts: parts.map((part, at) => (at === 2 ? { ...part, ...wrong } : part)) }
  const { url } = await startOddServer(release(told), sound)
  const { bring, cache } = await scene()
  await expect(bring(url)).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining('root.erofs'),
  })
  expect(await readdir(cache)).toEqual([`${key}.part`])
})

test('what lies in the folder of an earlier try is never used as it is', async () => {
  const { bring, directory, cache } = await scene()
  await mkdir(join(cache, `${key}.part`, 'image'), { recursive: true })
  await writeFile(join(cache, `${key}.part`, 'image', 'image.json'), 'old')
  await writeFile(join(cache, `${key}.part`, assetOf('vmlinux')), 'rubbish of another time')
  const { url } = await startOddServer(release(), sound)
  await bring(url)
  await holdsImage(directory)
})

test('a cut connection and a server that is busy are no end', async () => {
  const { url } = await startOddServer(release(), sound, cutAfter(20), status(429), status(500), sound)
  const { bring, directory } = await scene()
  await bring(url)
  await holdsImage(directory)
})

// A device of Linux on which nothing finds room.
test.runIf(process.platform === 'linux')(
  'a disk that is full is told as that, and not as a fault of the server',
  async () => {
    const { url } = await startOddServer(release(), sound)
    const { bring, cache } = await scene()
    await mkdir(join(cache, `${key}.part`))
    await symlink('/dev/full', join(cache, `${key}.part`, assetOf('root.erofs')))
    await expect(bring(url)).rejects.toMatchObject({ code: 'disk-full', hint: expect.stringContaining('is kept') })
  },
)

test('an index that is not there is an error that names it', async () => {
  const { url } = await startOddServer({}, sound)
  const { bring } = await scene()
  await expect(bring(url)).rejects.toMatchObject({
    code: 'image-failed',
    message: expect.stringContaining(`${url}/${name}`),
  })
})

const from = 'https://downloads.test/v1/'
const released: Released = { schemaVersion: 1, from, images: { arm64: { key, sha256: 'sum' } } }

test.for([
  ['a release', { wish: null, released }, { kind: 'fetch', from, sha256: 'sum' }],
  [
    'a mirror of a release',
    { wish: 'http://mirror.test/', released },
    { kind: 'fetch', from: 'http://mirror.test/', sha256: 'sum' },
  ],
  [
    'a folder in a checkout',
    { wish: '/images', released: undefined },
    { kind: 'fetch', from: '/images', sha256: undefined },
  ],
  ['sources that were changed after the release', { wish: null, released, key: 'f'.repeat(20) }, { kind: 'build' }],
  ['a checkout', { wish: null, released: undefined }, { kind: 'build' }],
  ['a wish to build', { wish: 'build', released }, { kind: 'build' }],
  ['a mirror with no encryption in a checkout', { wish: 'http://mirror.test/', released: undefined }, { kind: 'none' }],
] as const)('where the image comes from: %s', ([, facts, expected]) => {
  expect(imagePlace({ key, architecture: 'arm64', builds: true, ...facts })).toMatchObject(expected)
})

test('a host that cannot build says what is left to do', () => {
  for (const wish of [null, 'build']) {
    const place = imagePlace({ wish, released: undefined, key, architecture: 'arm64', builds: false })
    expect(place).toMatchObject({ kind: 'none', cure: expect.stringContaining('npm run guest-image') })
  }
})
