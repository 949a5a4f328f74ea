import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installCommand } from '../../main/commands/install-command.ts'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('the command is linked into a folder of the PATH where one takes it, and runs from there', async () => {
  const folder = await temporaryFolder()
  const [first, searched] = [join(folder, 'first'), join(folder, 'searched')]
  for (const each of [first, searched]) await mkdir(each)
  const said: string[] = []
  const terminal = { say: (line: string) => said.push(line), note: (line: string) => said.push(line) }
  await installCommand({ ...terminal, env: { PATH: `/usr/bin:${searched}` } }, [first, searched])
  const link = join(searched, 'microvm-orchestrator')
  expect(said).toEqual([`Installed: ${link}`])
  expect(await realpath(link)).toBe(join(await realpath(packageDirectory()), 'main/microvm-orchestrator.mjs'))
  const env = { PATH: `${searched}:${process.env.PATH}`, HOME: folder }
  expect((await run('microvm-orchestrator', ['--version'], { env })).stdout).toBe('0.1.0\n')
})

test('where the PATH has no folder that takes it, the user hears what to do', async () => {
  const folder = await temporaryFolder()
  const said: string[] = []
  const terminal = { say: (line: string) => said.push(line), note: (line: string) => said.push(line) }
  await installCommand({ ...terminal, env: { PATH: '/usr/bin' } }, [join(folder, 'not-there'), folder])
  expect(said[0]).toBe(`Installed: ${join(folder, 'microvm-orchestrator')}`)
  expect(said[1]).toContain(`export PATH="${folder}:$PATH"`)
})
