import { type StdioOptions, spawn } from 'node:child_process'
import { requireDescriptors } from './require-descriptors.ts'

/** A program that ends with this process's own work: whoever started it waits for it. */
export interface StartedChild {
  signal(signal: NodeJS.Signals): void
  /** Resolves with its exit status, or null where a signal ended it or it could not be started. */
  readonly ended: Promise<number | null>
}

export function startChild(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly stdio: StdioOptions },
): StartedChild {
  requireDescriptors()
  const child = spawn(file, args, options)
  return {
    signal: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => {
      child.once('error', () => resolve(null)).once('exit', (status) => resolve(status))
    }),
  }
}
