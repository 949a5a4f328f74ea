import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WorkerPool } from '../../main/worker/worker-pool.ts'
import { temporaryFolder } from '../support/temporary.ts'

const limits = { memoryBytes: 1024 ** 3, timeMs: 240_000, publishMs: 240_000, answerBytes: 1024 ** 2 }

/** A pool of processes that answer with their pid; each leaves a file of its own where it started. */
async function countedPool() {
  const started = await temporaryFolder()
  const program = join(await temporaryFolder(), 'worker.cjs')
  await writeFile(
    program,
    `require('node:fs').writeFileSync(process.argv[2] + '/' + process.pid, '')
    const out = new (require('node:net').Socket)({ fd: 3, writable: true, readable: false })
    require('node:readline').createInterface({ input: process.stdin })
      .on('line', () => out.write(JSON.stringify({ kind: 'answer', output: process.pid }) + '\\n'))
      .once('close', () => process.exit())`,
  )
  const command = { file: process.execPath, args: [program, started], env: { PATH: process.env.PATH ?? '' } }
  const pool = new WorkerPool(() => command)
  const run = (task: string, lane: 'end' | 'look' = 'end') =>
    pool.run({ name: 'salvage', input: null }, { task, lane, limits })
  return { pool, run, started: () => readdir(started) }
}

test('the end of an expected task finds a process, and none is started for an end that has its own', async () => {
  const { pool, run, started } = await countedPool()
  using _expected = pool.expect('a')
  await expect.poll(started).toHaveLength(1)
  const [ahead] = await started()
  expect(await run('a')).toBe(Number(ahead))
  expect(await run('a')).toBe(Number(ahead))
  expect(await run('b')).not.toBe(Number(ahead))
  expect(await started()).toHaveLength(2) // A third one would have been started before that of b.
})

test('a look at a task that works leaves it one process for its end', async () => {
  const { pool, run, started } = await countedPool()
  using _expected = pool.expect('a')
  await run('a', 'look')
  await expect.poll(started).toHaveLength(2)
})

test('a process that is not needed any more ends', async () => {
  const { pool, started } = await countedPool()
  const expected = pool.expect('a')
  await expect.poll(started).toHaveLength(1)
  expected[Symbol.dispose]()
  const [pid] = await started()
  await expect.poll(() => isRunning(Number(pid))).toBe(false)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
