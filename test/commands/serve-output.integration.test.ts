import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { pathExists } from '../../main/lib/files/look.ts'
import { readServerFile } from '../../main/web/server-file.ts'
import { startCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** What a server writes to stdout and stderr goes where the shell text says; it runs under the pid of the child. */
async function serveUnder(shell: string) {
  const home = await temporaryFolder()
  const launcher = join(import.meta.dirname, '../../main/microvm-orchestrator.mjs')
  const command = `'${process.execPath}' '${launcher}' serve --port 0`
  const child = spawn('bash', ['-c', shell.replace('SERVE', command)], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, MICROVM_ORCHESTRATOR_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  child.stderr.resume()
  onTestFinished(() => endServer(home, child))
  return { home, child }
}

async function endServer(home: string, child: ChildProcess): Promise<void> {
  const server = await readServerFile(home)
  if (server) process.kill(server.pid, 'SIGKILL')
  child.kill('SIGKILL')
}

async function serverOf(home: string) {
  for (;;) {
    const server = await readServerFile(home)
    if (server) return server
    await sleep(20)
  }
}

/** Asks often, since what ends a server by its output ends it a moment after a line. */
async function serves(home: string): Promise<boolean> {
  const { port, token } = await serverOf(home)
  for (let round = 0; round < 20; round += 1) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}/api/list_tasks`, { method: 'POST', headers, body: '{}' })
    if (answer.status !== 200) return false
  }
  return true
}

test('the server outlives the reader of its stdout and stderr', async () => {
  const home = await temporaryFolder()
  const child = startCommand(['serve', '--port', '0'], { home })
  child.stdout?.destroy()
  child.stderr?.destroy()
  onTestFinished(() => endServer(home, child))
  expect(await serves(home)).toBe(true)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test.runIf(process.platform === 'linux')('the server starts and serves while its log is on a full disk', async () => {
  const { home, child } = await serveUnder('exec SERVE >/dev/full 2>&1')
  expect(await serves(home)).toBe(true)
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test.runIf(process.platform === 'linux')('the server starts and serves with stdout and stderr closed', async () => {
  const { home } = await serveUnder('exec SERVE >&- 2>&-')
  expect(await serves(home)).toBe(true)
})

const inTerminal = (command: string): string => `exec script --quiet --command "${command}" /dev/null </dev/null`

test.runIf(process.platform === 'linux')('a server started by nohup stays when its terminal is closed', async () => {
  const { home, child } = await serveUnder(inTerminal('nohup SERVE & sleep 600'))
  const { pid } = await serverOf(home)
  child.kill('SIGKILL') // The other end of the terminal is gone: the kernel sends SIGHUP.
  await once(child, 'exit')
  process.kill(pid, 'SIGHUP') // As the shell that ends with the terminal does for its jobs.
  expect(await serves(home)).toBe(true)
})

test.runIf(process.platform === 'linux')('a server in a terminal ends in order when that is closed', async () => {
  const { home, child } = await serveUnder(inTerminal('exec SERVE'))
  await serverOf(home)
  child.kill('SIGKILL')
  // In order: it took its file away, which a killed one leaves.
  await until(async () => !(await pathExists(join(home, 'server.json'))))
})
