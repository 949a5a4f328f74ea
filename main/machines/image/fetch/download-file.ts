import { open, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../../core/failure.ts'
import { sha256OfFile } from '../../../lib/files/sha256-of-file.ts'
import { requestBody, TransferError, usualStallMs } from './request-body.ts'

export interface Download {
  readonly url: string
  /** Where it goes; what an earlier try left there is gone on with. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface DownloadOptions {
  /** Told how many bytes are there, each time that there are more. */
  readonly onBytes?: (bytes: number) => void
  /** Before the second try; each further pause is twice as long. */
  readonly pauseMs?: number
  /** A server that sends nothing for so long is asked again. */
  readonly stallMs?: number
}

/** In a row that bring nothing. */
const mostTries = 6
const mostBeginnings = 3

/**
 * Fetches a file whose length and SHA-256 are known. A transfer that is cut is gone on with where it was, by this call or a later one.
 * What does not add up, because the file at the other end has changed between two parts or a server takes what it was asked for
 * something else, is fetched again from its beginning.
 * @throws AppError('image-failed') when the file is not to be had, or not the one that was expected.
 */
export async function downloadFile(
  download: Download,
  { pauseMs = 1_000, stallMs = usualStallMs, onBytes = () => undefined }: DownloadOptions = {},
  signal?: AbortSignal,
): Promise<void> {
  const { path, url, bytes, sha256 } = download
  let beginnings = 0
  let idle = 0
  let cameInOne = false
  /** @throws AppError('image-failed') where that was tried, or what came in one piece is wrong. */
  const beginAgain = async (why: string): Promise<void> => {
    await rm(path, { force: true })
    beginnings += 1
    if (cameInOne || beginnings >= mostBeginnings) throw refused(url, why)
  }
  for (;;) {
    const had = await lengthOf(path)
    if (had === bytes) {
      if ((await sha256OfFile(path, signal)) === sha256) return
      await beginAgain('its checksum is another one')
      continue
    }
    if (had > bytes) {
      await beginAgain('it is longer than it should be')
      continue
    }
    try {
      cameInOne = (await fetchRest(download, had, { stallMs, onBytes }, signal)) === 0
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof TransferError)) throw error
      cameInOne = false
      if (error.remedy === 'not-given') throw unreachable(url, error)
      if (error.remedy === 'other-file') {
        await rm(path, { force: true })
        throw refused(url, error.message, error)
      }
      if (error.remedy === 'begin-again') {
        await beginAgain(error.message)
        continue
      }
      idle = (await lengthOf(path)) > had ? 0 : idle + 1
      if (idle >= mostTries) throw unreachable(url, error)
      await sleep(pauseMs * 2 ** idle, undefined, { signal })
    }
  }
}

/** Asks for what is missing, and writes what comes. @returns at which byte that began. @throws TransferError when it is not all. */
async function fetchRest(
  { url, path, bytes }: Download,
  had: number,
  { stallMs, onBytes }: Required<Pick<DownloadOptions, 'stallMs' | 'onBytes'>>,
  signal?: AbortSignal,
): Promise<number> {
  const { chunks, from } = await requestBody({ url, from: had, bytes, stallMs }, signal)
  let count = from
  // Written piece by piece: what has come is there, however the transfer ends.
  await using file = await open(path, from === 0 ? 'w' : 'a', 0o644)
  for await (const chunk of chunks) {
    if (count + chunk.length > bytes) throw new TransferError('other-file', `it is longer than ${bytes} bytes`)
    await file.writeFile(chunk)
    count += chunk.length
    onBytes(count)
  }
  if (count < bytes) throw new TransferError('go-on', `the connection ended after ${count} of ${bytes} bytes`)
  return from
}

async function lengthOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

const refused = (url: string, why: string, cause?: unknown): AppError =>
  new AppError('image-failed', `${url} is not the file that was expected: ${why}`, {
    hint: 'Try again; if it stays so, set guestImage in settings.json to another place',
    cause,
  })

const unreachable = (url: string, cause: Error): AppError =>
  new AppError('image-failed', `${url} cannot be fetched: ${cause.message}`, {
    hint: 'What has come is kept: try again when the network is there, or set guestImage in settings.json to a mirror or a folder',
    cause,
  })
