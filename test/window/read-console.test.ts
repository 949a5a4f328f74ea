import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConsole } from '../../main/window/read-console.ts'
import { temporaryFolder } from '../support/temporary.ts'

const text = ({ data }: { readonly data: string }) => Buffer.from(data, 'base64').toString()

test('pieces put together are the file, and a file that starts over is read from its start', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  expect(await readConsole(path, { offset: 0, limit: 10 }, [])).toEqual({ offset: 0, data: '', size: 0 })
  await writeFile(path, 'booting\nworking\n')
  const first = await readConsole(path, { offset: 0, limit: 10 }, [])
  await appendFile(path, 'more\n')
  const second = await readConsole(path, { offset: 10, limit: 100 }, [])
  expect(text(first) + text(second)).toBe('booting\nworking\nmore\n')
  expect(second).toMatchObject({ offset: 10, size: 21 })
  await writeFile(path, 'anew\n')
  expect(await readConsole(path, { offset: 21, limit: 100 }, [])).toMatchObject({ offset: 0, size: 5 })
})

test('a secret is blotted out wherever a piece cuts it', async () => {
  const path = join(await temporaryFolder(), 'serial.log')
  const secret = 'sk-ant-api-secret'
  await writeFile(path, `key=${secret}; again ${secret}\n`)
  const { size } = await readConsole(path, { offset: 0, limit: 1 }, [])
  for (let limit = 1; limit <= size; limit++) {
    let shown = ''
    for (let offset = 0; offset < size; offset += limit)
      shown += text(await readConsole(path, { offset, limit }, [secret]))
    expect(shown).toBe(`key=${'*'.repeat(secret.length)}; again ${'*'.repeat(secret.length)}\n`)
  }
})
