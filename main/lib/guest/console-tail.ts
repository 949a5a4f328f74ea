import { open } from 'node:fs/promises'
import { visibleFormat } from '../../core/visible-text.ts'
import { mask } from './scrub.ts'
import { singleLineText } from './terminal-text.ts'

const lineBytes = 4096
const lineLimit = 200

/** The last line of a console that has something on it, with the secrets blotted out; empty before its machine has started. */
export const readLastLine = async (console: string, secrets: readonly string[]): Promise<string> =>
  lastLineOf(mask(await tailOf(console), secrets).toString('utf8'))

/** The last line that has something on it. Pure. */
export function lastLineOf(text: string): string {
  const lines = text.split(/[\r\n]+/)
  for (const line of lines.reverse()) {
    const shown = singleLineText(visibleFormat(line))
    if (shown !== '') return shown.slice(0, lineLimit)
  }
  return ''
}

/** The last bytes of a console, by default what its last line needs; none before its machine has started. */
export async function tailOf(path: string, mostBytes = lineBytes): Promise<Buffer> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, mostBytes))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length)
    return bytes.subarray(0, bytesRead)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return Buffer.alloc(0) // Its machine has not started.
  }
}
