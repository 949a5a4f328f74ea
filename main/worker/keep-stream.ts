import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { shareNames } from '../core/task/share-names.ts'
import { type GuestFileRefusal, openGuestFile } from '../lib/guest/guest-file.ts'
import { scrubbing } from '../lib/guest/scrub.ts'

const streamLimitBytes = 256 * 1024 ** 2

export interface StreamFiles {
  readonly share: string
  /** Where the checked copy goes. */
  readonly stream: string
  readonly console: string
}

/** What was not as it should be with the agent's stream, for the log. */
export type StreamNote =
  | { readonly kind: 'refused'; readonly why: GuestFileRefusal }
  | { readonly kind: 'cut'; readonly bytes: number; readonly limit: number }

/** Copies the agent's stream from the share to its documented place, cut at 256 MiB; and cleans it and the console log of the key. */
export async function keepStream({
  files,
  secret,
}: {
  readonly files: StreamFiles
  readonly secret: string
}): Promise<readonly StreamNote[]> {
  const notes: StreamNote[] = []
  const opened = await openGuestFile(files.share, shareNames.stream)
  if (opened.kind === 'refused') {
    if (opened.why !== 'missing') notes.push({ kind: 'refused', why: opened.why })
  } else {
    await using file = opened.file
    if (opened.size > streamLimitBytes) notes.push({ kind: 'cut', bytes: opened.size, limit: streamLimitBytes })
    const end = Math.min(opened.size, streamLimitBytes) - 1
    const source = end < 0 ? [] : file.createReadStream({ start: 0, end, autoClose: false })
    await pipeline(source, scrubbing(secret), createWriteStream(files.stream, { mode: 0o600 }))
  }
  for (const path of consoleFiles(files)) await cleanConsole(path, secret)
  return notes
}

/** A console that grew long has its earlier part beside it, see `limitConsole`. */
const consoleFiles = ({ console }: StreamFiles): readonly string[] => [console, `${console}.1`]

async function cleanConsole(path: string, secret: string): Promise<void> {
  if (secret === '' || !(await contains(path, secret))) return
  const clean = `${path}.clean`
  await pipeline(createReadStream(path), scrubbing(secret), createWriteStream(clean, { mode: 0o600 }))
  await rename(clean, path)
}

async function contains(path: string, secret: string): Promise<boolean> {
  const needle = Buffer.from(secret)
  let held: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of createReadStream(path)) {
      const window = Buffer.concat([held, chunk as Buffer])
      if (window.includes(needle)) return true
      held = window.subarray(Math.max(0, window.length - needle.length + 1))
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return false
}
