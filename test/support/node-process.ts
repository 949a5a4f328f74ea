import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { startDetached } from '../../main/lib/processes/start-detached.ts'
import { temporaryFolder } from './temporary.ts'

/**
 * Starts a program of this folder as a process of its own, in a network namespace when one is named, and resolves with the
 * first line that it prints. It is killed when the test is over.
 */
export async function startNode(
  program: string,
  args: readonly string[],
  namespace?: string,
): Promise<{ readonly firstLine: string; kill(): void }> {
  const output = join(await temporaryFolder(), 'output')
  const file = await open(output, 'w+')
  const command = [process.execPath, join(import.meta.dirname, program), ...args]
  const [first = '', ...rest] = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command]
  const { pid, ended } = await startDetached(first, rest, { stdio: ['ignore', file.fd, file.fd] })
  await file.close()
  let over = false
  void ended.then(() => {
    over = true
  })
  const kill = (): void => {
    if (!over) process.kill(pid, 'SIGKILL')
  }
  onTestFinished(async () => {
    kill()
    await ended
  })
  for (;;) {
    const text = await readFile(output, 'utf8')
    if (text.includes('\n')) return { firstLine: text.slice(0, text.indexOf('\n')), kill }
    if (over) throw new Error(`${program} ended with no word`)
    await sleep(20)
  }
}
