import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startDetached } from '../../main/lib/processes/start-detached.ts'
import { WorkerProcess } from '../../main/worker/worker-process.ts'
import { connected } from '../support/connected.ts'
import { makeRepository } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const execute = promisify(execFile)

/** The status line of the bundled gateway, which reads nothing but its own folder and ends with its lifeline. */
async function gatewayServes(dist: string, folder: string): Promise<string> {
  const [socket, lifeline, log] = ['gateway.sock', 'lifeline.sock', 'network.jsonl'].map((name) => join(folder, name))
  if (!socket || !lifeline || !log) throw new Error('no paths')
  const rights = ['--permission', `--allow-fs-read=${join(dist, 'gateway')}`, `--allow-fs-write=${log}`]
  const program = [join(dist, 'gateway', 'gateway.js'), '--socket', socket, '--lifeline', lifeline, '--log', log]
  const { pid, ended } = await startDetached(process.execPath, [...rights, ...program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    input: JSON.stringify({ hosts: ['listed.example'], api: null }),
  })
  const held = await connected(lifeline)
  const asking = await connected(socket)
  asking.write('GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const answer = await text(asking)
  held.destroy()
  expect(await ended, `process ${pid}`).toEqual({ exitCode: 0, signal: null })
  return answer.split('\r\n', 1)[0] ?? ''
}

/** What the bundled worker answers to the merge of a task that left nothing. */
async function workerMerges(dist: string, repoPath: string): Promise<unknown> {
  const startCommit = await makeRepository(repoPath)
  const program = [join(dist, 'worker.js')]
  const worker = await WorkerProcess.start({
    file: process.execPath,
    args: program,
    env: { PATH: process.env.PATH ?? '' },
  })
  const limits = { memoryBytes: 2 * 1024 ** 3, timeMs: 100_000, publishMs: 100_000, answerBytes: 1024 ** 2 }
  const input = { repoPath, taskId: 'aaaaaaaa', startCommit, branch: 'main', commit: startCommit }
  try {
    return await worker.run({ name: 'merge', input }, limits)
  } finally {
    await worker.end()
  }
}

/** The status of both doors of `serve`, which then ends in order. */
async function commandServes(command: string, env: Record<string, string>) {
  const { child, ended } = await startServing(command, env)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
  const hello = await fetch(`${origin}/api/hello`)
  const window = await fetch(`${origin}/`)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  return { hello: hello.status, window: window.status }
}

async function startServing(command: string, env: Record<string, string>) {
  const child = spawn(command, ['serve', '--port', '0'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, ended: once(child, 'exit') }
}

test('the package that npm installs globally is a command, serves, and runs its bundle', async () => {
  const folder = await temporaryFolder()
  const root = join(import.meta.dirname, '../..')
  const prefix = join(folder, 'prefix')
  const installed = join(prefix, 'lib/node_modules/microvm-orchestrator')
  const npm = { cwd: root, env: { ...process.env, npm_config_update_notifier: 'false' } }
  await execute('npm', ['pack', '--silent', '--pack-destination', folder], npm)
  // Packages come from npm's cache, where the installation of this checkout left them.
  const install = ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund']
  await execute('npm', [...install, join(folder, 'microvm-orchestrator-0.1.0.tgz')], npm)
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  const env = { PATH: process.env.PATH ?? '', MICROVM_ORCHESTRATOR_HOME: home }
  const command = join(prefix, 'bin/microvm-orchestrator')
  expect((await execute(command, ['--help'], { env })).stdout).toMatch(/^Usage: microvm-orchestrator /)
  const listed = await execute(command, ['list'], { env })
  expect(listed).toEqual({ stdout: '', stderr: expect.stringContaining('allow') })
  await expect(execute(command, ['tasks', 'x'], { env })).rejects.toMatchObject({ code: 1 })
  const version = await execute(command, ['--version'], { env })
  expect(version.stdout).toBe('0.1.0\n')
  expect(await commandServes(command, env)).toEqual({ hello: 200, window: 200 })
  expect(await gatewayServes(join(installed, 'dist'), folder)).toBe('HTTP/1.1 404 Not Found')
  expect(await workerMerges(join(installed, 'dist'), join(folder, 'project'))).toEqual({
    kind: 'unchanged',
    branch: 'main',
  })
}, 120_000)
