import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { applyRemedies } from '../../../main/machines/host/host-packages.ts'
import { createQemuDriver } from '../../../main/machines/qemu/driver.ts'
import { findNewerTool, newerTools } from '../../../main/machines/qemu/tools.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal

const driverWith = (cacheDirectory: string) =>
  createQemuDriver({
    image: () => Promise.reject(new Error('problems are found without an image')),
    cacheDirectory,
    log: silentLog,
  })

/** Sets a variable for this test alone. */
function setEnvironment(name: string, value: string): void {
  const before = process.env[name]
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
  process.env[name] = value
}

test('tools that the system has not are fetched from a newer Debian into the cache, and then nothing is missing', async () => {
  const home = await temporaryFolder()
  setEnvironment('XDG_CACHE_HOME', home)
  const cache = join(home, 'microvm-orchestrator')
  const problems = (await driverWith(cache).problems(never)).filter(({ remedy }) => remedy?.kind === 'tool')
  const said: string[] = []
  await applyRemedies(problems, { onProgress: (line) => said.push(line) }, never)
  expect(said).toHaveLength(problems.length)
  for (const line of said) expect(line).toContain('from Debian trixie')
  const left = (await driverWith(cache).problems(never)).filter(({ remedy }) => remedy?.kind === 'tool')
  expect(left).toEqual([])
  const found = await findNewerTool(newerTools.virtiofsd, cache)
  if (found?.kind !== 'unpacked') return // This system has a new one of its own.
  const program = join(found.directory, found.tool.path)
  const [loader, libraries] = ['usr/lib64/ld-linux-x86-64.so.2', 'usr/lib/x86_64-linux-gnu']
  if (process.arch === 'x64') {
    const args = ['--library-path', join(found.directory, libraries), program, '--version']
    const { stdout } = await runOrThrow(join(found.directory, loader), args)
    expect(newerTools.virtiofsd.isNewEnough(stdout)).toBe(true)
  }
})

test('a step that fails says which, and how to do it by hand', async () => {
  const broken = {
    ...{ code: 'user-missing', message: 'A user is missing', cure: 'useradd x' },
    remedy: { kind: 'command', command: ['false', 'argument'] },
  } as const
  const said: string[] = []
  const applied = applyRemedies([broken], { onProgress: (line) => said.push(line) }, never)
  await expect(applied).rejects.toMatchObject({
    code: 'host-incomplete',
    hint: 'Run it yourself as root: false argument',
  })
  expect(said).toEqual(['A user is missing. Running: false argument'])
})

test('each thing that a bare host lacks is named with its cure, and most with a remedy', async () => {
  setEnvironment('PATH', '/nowhere')
  const problems = await driverWith(await temporaryFolder()).problems(never)
  const codes = problems.map(({ code }) => code)
  expect(codes).toEqual(expect.arrayContaining(['qemu-missing', 'socat-missing']))
  for (const { cure, message } of problems) expect([cure, message]).not.toContain('')
  expect(problems.find(({ code }) => code === 'qemu-missing')?.remedy).toEqual({
    kind: 'packages',
    names: [process.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86'],
  })
})
