import { appendFile, open, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  consoleTail,
  cutConsole,
  limitConsole,
  prepareConsole,
  setConsoleAside,
} from '../../../main/machines/watch/console.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const caller = { kind: 'caller', uid: 0, gid: 0 } as const

test('a console that a guest floods is moved aside, and what QEMU appends goes on in the emptied file', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  await prepareConsole(path, caller)
  await appendFile(path, 'flood '.repeat(100))
  await limitConsole(path, 1_000)
  expect((await stat(path)).size).toBe(600)
  await limitConsole(path, 599)
  await appendFile(path, 'after')
  expect(await readFile(path, 'utf8')).toBe('after')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('flood '.repeat(100).slice(1))
  expect((await stat(`${path}.1`)).mode & 0o777).toBe(0o600)
})

test('of a console that grew too big in the last moment its end stays, under its own name', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  await prepareConsole(path, caller)
  await appendFile(path, `${'flood '.repeat(100)}last words`)
  await cutConsole(path, 100)
  const text = await readFile(path, 'utf8')
  expect(text).toHaveLength(100)
  expect(text.endsWith('last words')).toBe(true)
})

test('a flood from a hypervisor that does not append leaves a hole, and the console never takes more than its limit', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  const block = 'x'.repeat(64 << 10)
  await using hypervisor = await open(path, 'w')
  for (let written = 0; written < 16; written += 1) {
    await hypervisor.write(block)
    await limitConsole(path, 128 << 10)
    for (const name of [path, `${path}.1`]) {
      const taken = await stat(name).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      )
      expect(taken).toBeLessThanOrEqual(384 << 10)
    }
  }
  // It is moved when it has grown by the limit, not at every look after the first time.
  expect((await readFile(`${path}.1`, 'utf8')).replaceAll('\0', '')).toHaveLength(128 << 10)
  await hypervisor.write('end')
  expect((await consoleTail(path)).endsWith('end')).toBe(true)
})

test('what an earlier machine wrote is set aside, nothing is not', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  await setConsoleAside(path)
  await prepareConsole(path, caller)
  await setConsoleAside(path)
  await writeFile(path, 'before')
  await setConsoleAside(path)
  expect(await readFile(`${path}.1`, 'utf8')).toBe('before')
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

test('the tail of a console is its last 64 KiB, and nothing where there is none', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  expect(await consoleTail(path)).toBe('')
  await writeFile(path, `${'x'.repeat(1 << 20)}end`)
  const tail = await consoleTail(path)
  expect(tail).toHaveLength(64 << 10)
  expect(tail.endsWith('xend')).toBe(true)
})

test('a console is for its owner alone, keeps what was there, and is never written through a link', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'serial.log')
  await prepareConsole(path, caller)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await writeFile(path, 'before')
  await prepareConsole(path, caller)
  expect(await readFile(path, 'utf8')).toBe('before')
  await symlink(path, join(folder, 'link'))
  await expect(prepareConsole(join(folder, 'link'), caller)).rejects.toThrow('ELOOP')
})
