import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { AppError } from '../../core/failure.ts'

/** `~` and `~/x` with the user's own folder in its place, as a shell does it; everything else as it is. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path
}

/**
 * The absolute path that a setting or variable names. No shell has read it, so `~` is expanded here, and what a shell would have expanded
 * otherwise (`~user`, `$HOME/x`) shows as a path that is not absolute. That would mean another folder for each folder in which a command is
 * started.
 * @throws AppError('argument-invalid') that says where it was given and what to give.
 */
export function absolutePath(given: string, name: string): string {
  const path = expandHome(given)
  if (isAbsolute(path)) return resolve(path)
  const hint = `Give the whole path, which begins with a slash${given.startsWith('~') ? ', or ~/ for your own home folder' : ''}`
  throw new AppError('argument-invalid', `${name} is no absolute path: ${given}`, { hint })
}
