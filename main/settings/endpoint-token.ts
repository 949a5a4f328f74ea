import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import { readPrivateFile, writePrivateFile } from '../lib/files/private-file.ts'

export const endpointTokenPath = (home: string): string => join(home, 'mcp-token')
export const windowTokenPath = (home: string): string => join(home, 'window-token')

/** What a bearer token may hold (RFC 6750), and no shorter than what cannot be guessed. */
const tokenPattern = /^[A-Za-z0-9._~+/-]{32,512}=*$/

/** The token that clients of the MCP endpoint must show. Kept from start to start, since clients store it. @throws as `ensureToken`. */
export const ensureEndpointToken = (home: string): Promise<string> => ensureToken(endpointTokenPath(home))

/** The token of the window in a browser. Kept, so that an open window goes on after a restart. @throws as `ensureToken`. */
export const ensureWindowToken = (home: string): Promise<string> => ensureToken(windowTokenPath(home))

/** The token of whoever reads the metrics. Kept, since it stands in the configuration of Prometheus. @throws as `ensureToken`. */
export const ensureMetricsToken = (home: string): Promise<string> => ensureToken(join(home, 'metrics-token'))

/**
 * The token in the file, made when there is none: 256 random bits in a file for its owner alone.
 * @throws AppError('token-unsafe') when others can read the file, or its token is no good; AppError('home-unusable' | 'disk-full')
 */
async function ensureToken(path: string): Promise<string> {
  const stored = (await readPrivateFile(path))?.trim()
  if (stored !== undefined) {
    if (tokenPattern.test(stored)) return stored
    throw new AppError('token-unsafe', `${path} holds no token of at least 32 letters and digits`, {
      hint: `Delete it and start again: a new one is made`,
    })
  }
  const token = randomBytes(32).toString('base64url')
  await writePrivateFile(path, token)
  return token
}
