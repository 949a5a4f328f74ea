import { mkdir } from 'node:fs/promises'
import { AppError } from '../core/failure.ts'

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
