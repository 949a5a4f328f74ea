import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gitText } from '../../main/git/process/git.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { endMadeUpTask, warmUp } from '../../main/worker/warm-up.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('A made-up task goes the whole way of a real one', async () => {
  const folder = await temporaryFolder()
  await endMadeUpTask(folder, AbortSignal.timeout(60_000))
  const repository = { cwd: join(folder, 'repository'), trust: 'none' } as const
  expect(await gitText(['log', '--format=%s', 'refs/heads/main'], repository)).toBe('second\nfirst')
  expect(await gitText(['for-each-ref', '--format=%(refname)'], repository)).toBe('refs/heads/main')
  expect(await readdir(repository.cwd)).toEqual(['.git', 'first', 'second'])
  expect(await readFile(join(folder, 'share', 'kept'), 'utf8')).toContain('"result":"Done"')
})

test('A worker leaves nothing of it behind, and removes what one left that was ended in the middle', async () => {
  const folder = await temporaryFolder()
  const { stdout } = await run('sh', ['-c', 'echo $$'])
  const ofDead = stdout.trim()
  const ofLiving = String(process.ppid)
  for (const name of [ofDead, ofLiving]) await mkdir(join(folder, name, 'repository'), { recursive: true })
  await warmUp(AbortSignal.timeout(60_000), folder)
  expect(await readdir(folder)).toEqual([ofLiving])
})

test('It gives way at once to a job, and a folder that cannot be had is no error', async () => {
  const folder = await temporaryFolder()
  await warmUp(AbortSignal.abort(), folder)
  expect(await readdir(folder)).toEqual([])
  await warmUp(new AbortController().signal, '/dev/null/warm-up')
})
