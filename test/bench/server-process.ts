import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BenchContext } from './measure.ts'

/**
 * Starts a server of this folder as a process of its own, so that it shares no thread with the client that measures it. It is
 * ended when the benchmark is over. Answers the URL that it prints.
 */
export async function startServerProcess(
  program: 'our-server.ts' | 'bare-server.ts',
  args: readonly string[],
  { folder, stack }: BenchContext,
): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  stack.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const log = join(folder, `${program}.log`)
  child.stderr.pipe(createWriteStream(log))
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended,
  ])
  if (line === undefined) throw new Error(`${program} ended at once`)
  return line
}
