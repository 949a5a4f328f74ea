import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startTimeOf } from '../../main/lib/processes/process-identity.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { lockDemo } from './lock-demo.ts'

const never = new AbortController().signal

async function livingProcess(): Promise<{ pid: number; startTime: string }> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  await once(child, 'spawn')
  onTestFinished(() => void child.kill())
  const pid = child.pid ?? 0
  return { pid, startTime: (await startTimeOf(pid)) ?? '' }
}

test('a second demo is refused with what runs where, before anything of the first is touched', async () => {
  const folder = await temporaryFolder()
  const other = await livingProcess()
  const since = '2026-01-02T03:04:05.678Z'
  await writeFile(join(folder, 'demo.json'), JSON.stringify({ ...other, since }))
  await expect(lockDemo(folder, never)).rejects.toMatchObject({
    code: 'task-busy',
    message: `A demo runs already, since ${since} as process ${other.pid}, in ${folder}`,
    hint: `Wait for its end, or stop it: kill ${other.pid}`,
  })
})

test('a server on the folder of the demo is named too', async () => {
  const folder = await temporaryFolder()
  const server = await livingProcess()
  await mkdir(join(folder, 'home'))
  const file = { ...server, port: 1, token: 'x'.repeat(40) }
  await writeFile(join(folder, 'home/server.json'), JSON.stringify(file))
  await expect(lockDemo(folder, never)).rejects.toMatchObject({
    code: 'task-busy',
    message: expect.stringContaining(`${folder} (process ${server.pid})`),
  })
})

test('a demo that was killed, or that ended, keeps nobody out', async () => {
  const folder = await temporaryFolder()
  const gone = { pid: 1, startTime: 'of another boot', since: new Date().toISOString() }
  await writeFile(join(folder, 'demo.json'), JSON.stringify(gone))
  for (let round = 0; round < 2; round += 1) {
    await using lock = await lockDemo(folder, never)
    lock.assertHeld()
  }
})
