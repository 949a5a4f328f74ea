import { readFileSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** What Node loads before it runs anything else: it then takes itself for the one that a system brings. */
const olderNode = `
Object.defineProperty(process, 'version', { value: 'v20.19.0' })
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })
`

/** A checkout whose files are none but the launchers. */
async function checkout({ installed }: { readonly installed: boolean }): Promise<string> {
  const folder = await temporaryFolder()
  for (const name of ['main', 'packaging', ...(installed ? ['node_modules'] : [])]) await mkdir(join(folder, name))
  for (const name of ['package.json', 'package-lock.json', 'main/node24.cjs', 'packaging/on-node.cjs']) {
    await copyFile(join(root, name), join(folder, name))
  }
  await copyFile(join(root, 'main/microvm-orchestrator.mjs'), join(folder, 'main/microvm-orchestrator.mjs'))
  await writeFile(join(folder, 'older.cjs'), olderNode)
  return folder
}

async function said(folder: string, command: readonly [string, ...string[]], options: { older: boolean }) {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    ...(options.older && { NODE_OPTIONS: `--require=${join(folder, 'older.cjs')}` }),
  }
  const [file, ...args] = command
  const { exitCode, stderr } = await run(file, args, { cwd: folder, env })
  return { exitCode, lines: stderr.trim().split('\n') }
}

const needed = /^microvm-orchestrator needs Node 24 or newer; this is v20\.19\.0\. On Linux x64, npm ci brings it/

test.each(Object.keys(scripts))('without a newer Node, `npm run %s` says so in one sentence', async (name) => {
  const folder = await checkout({ installed: true })
  const { exitCode, lines } = await said(folder, ['sh', '-c', scripts[name] ?? ''], { older: true })
  expect(lines[0]).toMatch(needed)
  expect(lines.filter((line) => !/^npm /.test(line))).toHaveLength(1)
  expect(exitCode).not.toBe(0)
})

test('without a newer Node, the command says so in the same sentence', async () => {
  const folder = await checkout({ installed: true })
  const { exitCode, lines } = await said(folder, ['node', 'main/microvm-orchestrator.mjs', 'list'], { older: true })
  expect(lines).toEqual([expect.stringMatching(needed)])
  expect(exitCode).toBe(1)
})

test('before `npm ci`, the scripts and the command name it, and no stack', async () => {
  const folder = await checkout({ installed: false })
  for (const older of [true, false]) {
    for (const command of [
      ['sh', '-c', scripts.demo ?? ''] as const,
      ['node', 'main/microvm-orchestrator.mjs'] as const,
    ]) {
      const { exitCode, lines } = await said(folder, command, { older })
      expect(lines).toEqual([
        `The packages of microvm-orchestrator are not installed yet. Run: cd '${folder}' && npm ci`,
      ])
      expect(exitCode).toBe(1)
    }
  }
})
