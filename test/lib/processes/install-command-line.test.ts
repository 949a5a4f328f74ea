import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installCommandLine } from '../../../main/lib/processes/install-command-line.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('the command is linked into the first folder that takes it, and its own link renewed', async () => {
  const folder = await temporaryFolder()
  const [missing, first, second] = ['missing', 'first', 'second'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await mkdir(first)
  await mkdir(second)
  const command = '/Applications/App.app/Contents/Resources/bin/microvm-orchestrator'
  const link = join(first, 'microvm-orchestrator')
  await symlink('/old/place/bin/microvm-orchestrator', link)
  expect(await installCommandLine(command, [missing, first, second])).toBe(link)
  expect(await readlink(link)).toBe(command)
})

test("somebody else's program of that name is left alone, and a refusal says what to do", async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'microvm-orchestrator')
  await writeFile(file, 'somebody else')
  await expect(installCommandLine('/app/bin/microvm-orchestrator', [folder])).rejects.toMatchObject({
    code: 'home-unusable',
    hint: expect.stringContaining('sudo ln -s'),
  })
  expect(await readFile(file, 'utf8')).toBe('somebody else')
})

test.each([
  ['/tmp/.mount_microvBd3Xa9/resources/bin/microvm-orchestrator', 'Install the deb'],
  [
    '/private/var/folders/x/T/AppTranslocation/ABC/d/microVM Orchestrator.app/Contents/Resources/bin/microvm-orchestrator',
    'Applications',
  ],
  [
    '/Volumes/microVM Orchestrator 0.1.0/microVM Orchestrator.app/Contents/Resources/bin/microvm-orchestrator',
    'Applications',
  ],
])('an app that is not where it will stay is not linked: %s', async (command, hint) => {
  const folder = await temporaryFolder()
  await expect(installCommandLine(command, [folder])).rejects.toMatchObject({
    code: 'home-unusable',
    hint: expect.stringContaining(hint),
  })
  expect(await readdir(folder)).toEqual([])
})
