import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { AppError, messageOf } from '../../../core/failure.ts'
import { writeJsonAtomically } from '../../../lib/files/atomic-file.ts'
import { imageFileName } from '../image-file.ts'
import { type DownloadOptions, downloadFile } from './download-file.ts'
import { type ImageIndex, type ImagePart, indexName, parseIndex } from './image-index.ts'
import { requestBody, usualStallMs } from './request-body.ts'

export interface FetchOptions extends Pick<DownloadOptions, 'pauseMs' | 'stallMs'> {
  /** URL or path of the folder that holds the index and the parts. */
  readonly from: string
  readonly architecture: string
  readonly key: string
  /** Of the index; undefined where the user vouches for the place. */
  readonly sha256: string | undefined
  /** The image's folder; it appears whole or not at all. Its parent exists. */
  readonly directory: string
  readonly onProgress: (line: string) => void
}

const mebibyte = 1024 ** 2
const mostIndexBytes = mebibyte
const tellEveryMs = 3_000

/**
 * Brings an image that was built elsewhere, and checks it before it can be used. What has come of one that could not be brought whole
 * stays beside its folder, as `KEY.part`, for the next try.
 * @throws AppError('image-failed' | 'disk-full')
 */
export async function fetchImage(options: FetchOptions, signal?: AbortSignal): Promise<void> {
  try {
    await bringAll(options, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new AppError(
      'disk-full',
      `The disk of ${options.directory} is full, and the guest image does not fit on it`,
      {
        hint: 'Free some disk space there and try again: what has come is kept',
        cause: error,
      },
    )
  }
}

async function bringAll(options: FetchOptions, signal?: AbortSignal): Promise<void> {
  const { from, directory, onProgress } = options
  const work = `${directory}.part`
  await mkdir(work, { recursive: true, mode: 0o755 })
  const index = await fetchIndex(options, signal)
  const total = index.parts.reduce((sum, part) => sum + part.bytes, 0)
  let before = 0
  let toldMs = Number.NEGATIVE_INFINITY
  const tell = (bytes: number): void => {
    const nowMs = performance.now()
    if (nowMs - toldMs < tellEveryMs && bytes < total) return
    toldMs = nowMs
    const percent = Math.floor((bytes * 100) / total)
    onProgress(
      `Guest image: ${percent} %, ${Math.round(bytes / mebibyte)} of ${Math.round(total / mebibyte)} MiB from ${from}`,
    )
  }
  const image = join(work, 'image')
  await rm(image, { recursive: true, force: true })
  await mkdir(image, { mode: 0o755 })
  for (const part of index.parts) {
    const packed = join(work, part.asset)
    await bring(part, packed, options, (bytes) => tell(before + bytes), signal)
    before += part.bytes
    tell(before)
  }
  onProgress('Guest image: unpacking and checking it')
  for (const part of index.parts) await unpack(part, join(work, part.asset), join(image, part.name), signal)
  await writeJsonAtomically(join(image, imageFileName), index.image, 0o644)
  await rename(image, directory)
  await rm(work, { recursive: true, force: true })
}

const isUrl = (from: string): boolean => /^https?:\/\//.test(from)
const under = (from: string, name: string): string =>
  isUrl(from) ? `${from.replace(/\/$/, '')}/${name}` : join(from, name)

async function fetchIndex(
  { from, architecture, key, sha256, stallMs = usualStallMs }: FetchOptions,
  signal?: AbortSignal,
): Promise<ImageIndex> {
  const place = under(from, indexName(architecture, key))
  try {
    const text = isUrl(from) ? await textAt(place, stallMs, signal) : await readFile(place, 'utf8')
    return parseIndex(text, { from: place, key, sha256 })
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof AppError) throw error
    throw new AppError('image-failed', `${place} cannot be read: ${messageOf(error)}`, {
      hint: 'Try again when the network is there, or set guestImage in settings.json to a place that has this file',
      cause: error,
    })
  }
}

async function textAt(url: string, stallMs: number, signal?: AbortSignal): Promise<string> {
  const { chunks } = await requestBody({ url, from: 0, bytes: undefined, stallMs }, signal)
  const text: Uint8Array[] = []
  let count = 0
  for await (const chunk of chunks) {
    count += chunk.length
    if (count > mostIndexBytes) throw new Error('it is no list of files')
    text.push(chunk)
  }
  return Buffer.concat(text).toString('utf8')
}

async function bring(
  { asset, bytes, sha256 }: ImagePart,
  path: string,
  { from, pauseMs, stallMs }: FetchOptions,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const place = under(from, asset)
  if (isUrl(from)) {
    const options = { onBytes, ...(pauseMs !== undefined && { pauseMs }), ...(stallMs !== undefined && { stallMs }) }
    return await downloadFile({ url: place, path, bytes, sha256 }, options, signal)
  }
  // Copied first, so that what is checked is what is used.
  await copyFile(place, path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOSPC') throw cause
    throw new AppError('image-failed', `${place} cannot be copied: ${String(cause)}`, {
      hint: 'Copy all files of the image into that folder',
      cause,
    })
  })
}

/** @throws AppError('image-failed') when the content is not the one that the index names. */
async function unpack(part: ImagePart, packed: string, path: string, signal?: AbortSignal): Promise<void> {
  const sums = { packed: createHash('sha256'), content: createHash('sha256') }
  let count = 0
  const watch = (of: keyof typeof sums) =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        sums[of].update(chunk)
        if (of === 'content') count += chunk.length
        done(count > part.contentBytes ? new Error('it is longer than it should be') : null, chunk)
      },
    })
  try {
    const streams = [createReadStream(packed), watch('packed'), createZstdDecompress(), watch('content')] as const
    await pipeline(...streams, createWriteStream(path, { mode: 0o644 }), { ...(signal && { signal }) })
    if (sums.packed.digest('hex') !== part.sha256) throw new Error('its checksum is another one')
    if (sums.content.digest('hex') !== part.contentSha256) throw new Error('what is packed in it has another checksum')
  } catch (cause) {
    signal?.throwIfAborted()
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause
    await rm(packed, { force: true })
    throw new AppError(
      'image-failed',
      `${part.asset} of the guest image is not the file that was expected: ${messageOf(cause)}`,
      {
        hint: 'Try again; if it stays so, set guestImage in settings.json to another place',
        cause,
      },
    )
  }
}
