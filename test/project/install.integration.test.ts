import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand, startCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { initializeBody, mcpHeaders, send } from '../support/web/mcp-endpoint.ts'

const execute = promisify(execFile)
const root = join(import.meta.dirname, '../..')

test('with no script run and no development package installed, the headless program lists and serves', async () => {
  const checkout = join(await temporaryFolder(), 'checkout')
  await mkdir(checkout)
  for (const name of ['package.json', 'package-lock.json']) await copyFile(join(root, name), join(checkout, name))
  for (const name of ['main', 'nix', 'preload']) await cp(join(root, name), join(checkout, name), { recursive: true })
  // Packages come from npm's cache, where the installation of this checkout left them.
  const npm = ['ci', '--ignore-scripts', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
  await execute('npm', npm, { cwd: checkout })
  const installed = await readdir(join(checkout, 'node_modules'))
  expect(installed).toContain('commander')
  expect(installed).not.toContain('vitest')

  const home = join(checkout, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(
    join(home, 'allowed-repos.json'),
    '{"project": {"path": "/a/project", "added": "2026-01-02T03:04:05Z"}}',
  )
  const command = { home, checkout }
  expect(await runCommand(['list'], command)).toEqual({ exitCode: 0, stdout: '  project: /a/project\n', stderr: '' })
  const server = startCommand(['serve', '--port', '0'], command)
  const ended = once(server, 'exit')
  onTestFinished(() => void server.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: server.stdout ?? process.stdin }), 'line')) as [string]
  const port = Number(/:(\d+)\/mcp$/.exec(line)?.[1])
  const answer = await send(port, '/mcp', { method: 'POST', headers: mcpHeaders, body: initializeBody })
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('microvm-orchestrator') })
  expect((await runCommand(['tasks'], command)).exitCode).toBe(0)
  server.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
