import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundlesDirectory } from '../../../main/worker/bundle.ts'
import type { JobName } from '../../../main/worker/jobs.ts'

/** At a command (git, mostly) of a job, counted from the job's start, at 0 before the first, or when all is done and not yet told: who is killed, with SIGKILL. */
export interface WorkerDoom {
  readonly job: JobName
  readonly command: number | 'end'
  readonly dies: 'orchestrator' | 'worker' | 'both'
  /** A file that the first one makes, and no other one dies then. */
  readonly once?: string
}

export const doomVariable = 'DOOM_OF_WORKERS'

const source = join(import.meta.dirname, '../../../main/worker/main.ts')

/** Has every worker that this process starts meet its doom, until it is disposed. */
export function doomWorkers(doom: WorkerDoom): Disposable {
  const program = pathToFileURL(join(import.meta.dirname, 'doomed-worker.ts')).href
  const spawn = childProcess.spawn
  const replace = (by: typeof spawn): void => {
    childProcess.spawn = by
    syncBuiltinESMExports()
  }
  const doomed = (file: string, args: readonly string[], options: { readonly env?: object }) => {
    const last = args.at(-1) ?? ''
    if (last !== source && !last.startsWith(bundlesDirectory())) return spawn(file, args, options as object)
    const env = { ...options.env, [doomVariable]: JSON.stringify(doom) }
    // From its sources, of which the doom changes one.
    return spawn(file, ['--import', program, ...args.slice(0, -1), source], { ...options, env })
  }
  replace(doomed as typeof spawn)
  return { [Symbol.dispose]: () => replace(spawn) }
}
