import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findTool, pathOfShell } from '../../../main/lib/processes/find-tool.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function shellThat(prints: string): Promise<string> {
  const path = join(await temporaryFolder(), 'shell')
  await writeFile(path, `#!/bin/sh\n[ "$1 $2" = '-l -c' ] || exit 1\n${prints}\neval "$3"\n`)
  await chmod(path, 0o755)
  return path
}

test("the user's shell says where the user's tools are, whatever else its files print", async () => {
  const shell = await shellThat(
    "PATH='/opt/homebrew/bin:/Users/me/My Tools:relative'; echo 'Welcome!'; printf 'PATH=no'",
  )
  expect(await pathOfShell(shell)).toEqual(['/opt/homebrew/bin', '/Users/me/My Tools'])
  expect(await pathOfShell(await shellThat('exit 3'))).toEqual([])
  expect(await pathOfShell('/nowhere/shell')).toEqual([])
})

test('a tool is found by its name, and one that is nowhere is not', async () => {
  expect(await findTool('sh')).toMatch(/\/sh$/)
  expect(await findTool('no-such-tool')).toBeUndefined()
})
