import { join } from 'node:path'
import { gitEnvironment } from '../git/process/environment.ts'
import { packageDirectory, resourceDirectory } from '../lib/files/paths.ts'
import { bundledWorker } from './bundle.ts'
import { compileCache } from './compile-cache.ts'
import { memoryLimits } from './limits.ts'

export interface WorkerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** What Electron asks of its surroundings before it runs anything. */
const ofDesktop = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const

/**
 * What starts a worker: the program that we are ourselves, from source (in one file, if that was made), from the bundle beside ours, or as the app. Its environment
 * is that of a git process of the user's and nothing more: no key is in it.
 */
export function workerCommand(): WorkerCommand {
  const env: Record<string, string> = { ...gitEnvironment('user') }
  const compiled = compileCache()
  if (compiled !== undefined) env.NODE_COMPILE_CACHE = compiled
  const heap = `--max-old-space-size=${memoryLimits().heapMiB}`
  if (process.versions.electron) {
    for (const name of ofDesktop) if (process.env[name] !== undefined) env[name] = process.env[name]
    const app = process.defaultApp ? [packageDirectory()] : []
    return { file: process.execPath, args: [...app, `--js-flags=${heap}`, '--worker'], env }
  }
  const program = import.meta.filename.endsWith('.ts')
    ? (bundledWorker() ?? join(import.meta.dirname, 'main.ts'))
    : join(resourceDirectory(), 'dist', 'worker.js')
  return { file: process.execPath, args: [heap, '--disable-warning=ExperimentalWarning', program], env }
}
