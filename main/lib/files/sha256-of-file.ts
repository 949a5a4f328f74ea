import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** The SHA-256 of a file's content, in hexadecimal digits; read piece by piece. */
export async function sha256OfFile(path: string | Buffer, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash, { ...(signal && { signal }) })
  return hash.digest('hex')
}
