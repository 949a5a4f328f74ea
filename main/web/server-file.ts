import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { unusable } from '../lib/files/private-folder.ts'
import { parsedJson } from '../lib/parsed-json.ts'
import { isAlive, startTimeOf } from '../lib/processes/process-identity.ts'

const serverSchema = z.object({
  pid: z.int().positive(),
  /** As in `ProcessIdentity`. */
  startTime: z.string(),
  /** Where it can be reached from this host; left out, 127.0.0.1. */
  host: z.union([z.ipv4(), z.ipv6()]).optional(),
  port: z.int().positive(),
  /** Opens the control API; made again at every start. */
  token: z.string().min(32),
})

/** How the command line finds the server of a home folder: `server.json`, for its owner's eyes alone. */
export type ServerFile = z.infer<typeof serverSchema>

const pathIn = (home: string): string => join(home, 'server.json')

/** 256 random bits. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Says that this process serves the home folder. @throws AppError('home-unusable' | 'disk-full') */
export async function writeServerFile(
  home: string,
  server: Pick<ServerFile, 'host' | 'port' | 'token'>,
): Promise<void> {
  const startTime = await startTimeOf(process.pid)
  if (startTime === undefined) throw new Error('The start time of this process cannot be read')
  const file: ServerFile = { pid: process.pid, startTime, ...server }
  try {
    await writeJsonAtomically(pathIn(home), file)
  } catch (error) {
    throw unusable(pathIn(home), error)
  }
}

/** Takes back what `writeServerFile` said; leaves the file of another server alone. */
export async function removeServerFile(home: string): Promise<void> {
  const file = await readServerFile(home)
  if (!file || file.pid === process.pid) await rm(pathIn(home), { force: true })
}

/** The server of the home folder, or undefined when none runs: its process must still be the one that wrote the file. @throws AppError('home-unusable') */
export async function readServerFile(home: string): Promise<ServerFile | undefined> {
  let text: string
  try {
    text = await readFile(pathIn(home), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(pathIn(home), error)
  }
  const file = parse(text)
  return file && (await isAlive(file)) ? file : undefined
}

/** A damaged one is as good as none. */
const parse = (text: string): ServerFile | undefined => serverSchema.safeParse(parsedJson(text)).data
