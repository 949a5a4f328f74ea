import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { keepStream } from '../../main/worker/keep-stream.ts'
import { temporaryFolder } from '../support/temporary.ts'

const key = 'sk-ant-api03-a-key'

test('the key is taken out of stream and console, also out of the part of a long console that was moved aside', async () => {
  const files = taskFiles(await temporaryFolder(), 'a1b2c3d4' as TaskId)
  await mkdir(files.share, { recursive: true })
  const places = [join(files.share, 'claude-stream.jsonl'), files.console, `${files.console}.1`]
  for (const path of places) await writeFile(path, `before ${key} after\n`)
  await keepStream({ files, secret: key })
  for (const path of [files.stream, files.console, `${files.console}.1`]) {
    expect(await readFile(path, 'utf8')).toBe('before [key removed] after\n')
  }
})

test('a console that was never moved aside is no trouble', async () => {
  const files = taskFiles(await temporaryFolder(), 'a1b2c3d4' as TaskId)
  await mkdir(files.share, { recursive: true })
  await writeFile(files.console, 'nothing secret\n')
  await keepStream({ files, secret: key })
  expect(await readFile(files.console, 'utf8')).toBe('nothing secret\n')
})
