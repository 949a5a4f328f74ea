import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs what an agent might type, in its clone, with git as its guest has it. Fails when a line of it fails. */
export async function runAgent(clone: string, script: string): Promise<string> {
  const { stdout } = await execute('bash', ['-ec', script], {
    cwd: clone,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', GIT_EDITOR: 'true' },
    maxBuffer: 64 * 1024 ** 2,
  })
  return stdout
}
