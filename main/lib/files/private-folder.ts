import { lstat, mkdir, stat } from 'node:fs/promises'
import { AppError } from '../../core/failure.ts'
import type { Log } from '../log.ts'

/**
 * Makes the folder, for its owner alone (0700), when it is not there; one that exists keeps its mode.
 * @throws AppError('home-unusable') when it cannot be made.
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unusable(path, cause)
  }
}

/**
 * `ensurePrivateFolder` where others can make names too, in `/var/tmp` say.
 * @throws AppError('home-unusable') also for a folder or link of somebody else, and for one that others can write in.
 */
export async function ensureOwnFolder(path: string): Promise<void> {
  await ensurePrivateFolder(path)
  const { uid, mode } = await lstat(path)
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return
  throw new AppError('home-unusable', `${path} belongs to another user, or others can write in it`, {
    hint: 'Remove it, or name another folder',
  })
}

/**
 * `ensurePrivateFolder` for the home folder, and a look at one that was there: who can write in it can give us repositories,
 * settings and tokens of theirs.
 * @throws AppError('home-unusable') with the cure when others can write in it; that they can look into it is a warning.
 */
export async function requirePrivateHome(path: string, log: Log): Promise<void> {
  await ensurePrivateFolder(path)
  const { mode } = await stat(path)
  const hint = `Run: chmod 700 '${path}'`
  if (mode & 0o022) throw new AppError('home-unusable', `Others can write in ${path}`, { hint })
  if (mode & 0o055) log.warn('others can look into the home folder', { path, hint })
}

/** The error for a file or folder of ours that the system does not let us use. */
export function unusable(path: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC') {
    return new AppError('disk-full', `No space left to write ${path}`, { hint: 'Free some disk space', cause })
  }
  return new AppError('home-unusable', `Cannot use ${path}: ${code ?? message}`, {
    hint: 'Make it readable and writable for you, or name another folder in MICROVM_ORCHESTRATOR_HOME',
    cause,
  })
}
