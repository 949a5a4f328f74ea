import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { JsonLinesFile, parseJsonLines } from '../../../main/lib/files/json-lines.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a last line torn at any byte is cut off, and the file goes on with whole lines', async () => {
  const path = join(await temporaryFolder(), 'log.jsonl')
  const first = `${JSON.stringify({ n: 1 })}\n`
  const second = `${JSON.stringify({ n: 2, text: 'ä€😀' })}\n`
  const whole = Buffer.from(first + second)
  for (let length = Buffer.byteLength(first); length < whole.length; length++) {
    await writeFile(path, whole.subarray(0, length))
    {
      const opened = await JsonLinesFile.open(path)
      await using file = opened.file
      expect(opened.content).toMatchObject({ values: [{ n: 1 }], damaged: [] })
      await file.append({ n: 3 })
    }
    expect(parseJsonLines(await readFile(path)).values).toEqual([{ n: 1 }, { n: 3 }])
  }
})

test('a damaged line in the middle is told by its number and left in place', async () => {
  const path = join(await temporaryFolder(), 'log.jsonl')
  await writeFile(path, '{"n":1}\n{"n":\n{"n":3}\n')
  const { file, content } = await JsonLinesFile.open(path)
  await file[Symbol.asyncDispose]()
  expect(content).toMatchObject({ values: [{ n: 1 }, { n: 3 }], damaged: [2] })
  expect(await readFile(path, 'utf8')).toContain('{"n":\n')
})

test('appends that overlap stay in order and whole', async () => {
  const path = join(await temporaryFolder(), 'log.jsonl')
  {
    const opened = await JsonLinesFile.open(path)
    await using file = opened.file
    await Promise.all(Array.from({ length: 50 }, (_, n) => file.append({ n, padding: 'x'.repeat(n * 100) })))
  }
  const { values } = parseJsonLines(await readFile(path))
  expect(values.map((value) => (value as { n: number }).n)).toEqual(Array.from({ length: 50 }, (_, n) => n))
})

test('values that are appended together are on disk together, and those that wait for a write share the next', async () => {
  const path = join(await temporaryFolder(), 'log.jsonl')
  const opened = await JsonLinesFile.open(path)
  await using file = opened.file
  const append = async (...values: unknown[]) => {
    await file.append(...values)
    return (await readFile(path, 'utf8')).split('\n').length - 1
  }
  expect(await Promise.all([append(1, 2), append(3), append(4, 5)])).toEqual([5, 5, 5])
  await file.append()
  expect(await readFile(path, 'utf8')).toBe('1\n2\n3\n4\n5\n')
})
