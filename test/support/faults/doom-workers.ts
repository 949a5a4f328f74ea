import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JobName } from '../../../main/worker/jobs.ts'

/** At a command (git, mostly) of a job, counted from the job's start, or at 0 before the first: who is killed, with SIGKILL. */
export interface WorkerDoom {
  readonly job: JobName
  readonly command: number
  readonly dies: 'orchestrator' | 'worker' | 'both'
  /** A file that the first one makes, and no other one dies then. */
  readonly once?: string
}

export const doomVariable = 'DOOM_OF_WORKERS'

/** Has every worker that this process starts meet its doom, until it is disposed. */
export function doomWorkers(doom: WorkerDoom): Disposable {
  const program = pathToFileURL(join(import.meta.dirname, 'doomed-worker.ts')).href
  const spawn = childProcess.spawn
  const replace = (by: typeof spawn): void => {
    childProcess.spawn = by
    syncBuiltinESMExports()
  }
  const doomed = (file: string, args: readonly string[], options: { readonly env?: object }) => {
    if (!args.at(-1)?.endsWith('worker/main.ts')) return spawn(file, args, options as object)
    const env = { ...options.env, [doomVariable]: JSON.stringify(doom) }
    return spawn(file, ['--import', program, ...args], { ...options, env })
  }
  replace(doomed as typeof spawn)
  return { [Symbol.dispose]: () => replace(spawn) }
}
