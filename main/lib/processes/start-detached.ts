import { type StdioOptions, spawn } from 'node:child_process'
import { requireDescriptors } from './require-descriptors.ts'

export interface DetachedOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: StdioOptions
  /** Goes to its standard input, which `stdio` then makes a pipe. */
  readonly input?: string
}

/**
 * Starts a program in a session of its own that outlives this process.
 * @returns its pid and its end as this process sees it; the end is for a parent that still lives, nothing more.
 * @throws when the program cannot be started.
 */
export async function startDetached(
  file: string,
  args: readonly string[],
  options: DetachedOptions = {},
): Promise<{ pid: number; ended: Promise<{ exitCode: number | null; signal: string | null }> }> {
  requireDescriptors()
  const child = spawn(file, args, {
    detached: true,
    stdio: options.stdio ?? 'ignore',
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: { ...options.env } }),
  })
  const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  child.stdin?.on('error', () => undefined) // It ended without reading: `ended` tells.
  if (options.input !== undefined) child.stdin?.end(options.input)
  child.unref()
  if (child.pid === undefined) throw new Error(`${file} started without a pid`)
  return { pid: child.pid, ended }
}
