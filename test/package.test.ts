import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryFolder } from './support/temporary.ts'

const execute = promisify(execFile)

test('the installed package runs its bundle', async () => {
  const folder = await temporaryFolder()
  const root = join(import.meta.dirname, '..')
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'microvm-orchestrator')
  await mkdir(installed, { recursive: true })
  const npm = { cwd: root, env: { ...process.env, npm_config_update_notifier: 'false' } }
  await execute('npm', ['pack', '--silent', '--pack-destination', folder], npm)
  await execute('tar', [
    '-xzf',
    join(folder, 'microvm-orchestrator-0.1.0.tgz'),
    '-C',
    installed,
    '--strip-components=1',
  ])
  // The packages that it depends on, as an installation would have them beside it.
  await execute('sh', ['-c', `for name in '${root}'/node_modules/*; do ln -s "$name" '${modules}/'; done`])
  const env = { PATH: process.env.PATH, MICROVM_ORCHESTRATOR_HOME: folder }
  const command = join(installed, 'main/microvm-orchestrator.mjs')
  const listed = await execute(process.execPath, [command, 'list'], { env })
  expect(listed).toEqual({ stdout: '', stderr: '' })
  await expect(execute(process.execPath, [command, 'tasks', 'x'], { env })).rejects.toMatchObject({ code: 1 })
  const version = await execute(process.execPath, [command, '--version'], { env })
  expect(version.stdout).toBe('0.1.0\n')
}, 120_000)
