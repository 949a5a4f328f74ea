import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installAgent } from '../../main/commands/install-agent.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function start() {
  const folder = await temporaryFolder()
  const path = join(folder, 'agents', 'conflict-resolver.md')
  const said: string[] = []
  const terminal = { env: { CLAUDE_CONFIG_DIR: folder }, say: (line: string) => void said.push(line) }
  return {
    path,
    said,
    install: (force = false) => installAgent(terminal, { force }),
    text: () => readFile(path, 'utf8'),
  }
}

test('the agent is laid down where Claude Code looks, once, and says where', async () => {
  const { path, said, install, text } = await start()
  await install()
  expect(await text()).toMatch(/^---\nname: conflict-resolver\ndescription: [^\n]{50,}\n---\n\n/)
  const { mtimeMs } = await stat(path)
  await install()
  expect((await stat(path)).mtimeMs).toBe(mtimeMs)
  expect(said).toEqual([`Installed: ${path}`, `Up to date: ${path}`])
})

test('one that somebody changed is kept, unless forced; one of an older version is replaced', async () => {
  const { path, install, text } = await start()
  await install()
  const original = await text()
  await writeFile(path, original.replace('work tree', 'tree'))
  await expect(install()).rejects.toMatchObject({ code: 'argument-invalid', hint: expect.stringContaining('--force') })
  expect(await text()).not.toBe(original)
  await install(true)
  expect(await text()).toBe(original)
  await writeFile(path, 'An older text\n<!-- microvm-orchestrator d3ea70cf8f9c3d76 -->\n')
  await expect(install()).rejects.toMatchObject({ code: 'argument-invalid' })
  const seal = createHash('sha256').update('An older text\n').digest('hex').slice(0, 16)
  await writeFile(path, `An older text\n<!-- microvm-orchestrator ${seal} -->\n`)
  await install()
  expect(await text()).toBe(original)
})

test('a file of the same name that is not ours is kept', async () => {
  const { path, install, text } = await start()
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, 'mine\n')
  await expect(install()).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(await text()).toBe('mine\n')
})
