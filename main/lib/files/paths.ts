import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { absolutePath } from './absolute-path.ts'

/** `~/.microvm-orchestrator`, or what `MICROVM_ORCHESTRATOR_HOME` names. @throws AppError('argument-invalid') when that is not absolute. */
export function homeDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const override = env.MICROVM_ORCHESTRATOR_HOME
  return override ? absolutePath(override, 'MICROVM_ORCHESTRATOR_HOME') : join(homedir(), '.microvm-orchestrator')
}

/**
 * Where guest images and tools are kept, each under the hash of its inputs; safe to delete while nothing runs.
 * @throws AppError('argument-invalid') when `XDG_CACHE_HOME` is not absolute.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env.XDG_CACHE_HOME ? absolutePath(env.XDG_CACHE_HOME, 'XDG_CACHE_HOME') : join(homedir(), '.cache')
  return join(cache, 'microvm-orchestrator')
}

/** The folder of `package.json`: the checkout, the installed package or the app's resources. */
export function packageDirectory(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`No package.json above ${import.meta.dirname}`)
    folder = parent
  }
  return folder
}

/** The folder of files that other programs read, `nix` among them: nothing but the app itself can look into its archive. */
export function resourceDirectory(): string {
  const folder = packageDirectory()
  return folder.endsWith('.asar') ? dirname(folder) : folder
}

/** The folder of the home that holds every task: what lies there is a task, and nothing else is. */
export const tasksDirectory = (home: string): string => join(home, 'tasks')
