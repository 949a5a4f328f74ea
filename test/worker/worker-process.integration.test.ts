import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AppError } from '../../main/core/failure.ts'
import { familyMemory, memoryByPs } from '../../main/lib/processes/family-memory.ts'
import { pidIsTaken } from '../../main/lib/processes/process-identity.ts'
import { workerCommand } from '../../main/worker/command.ts'
import { WorkerDied } from '../../main/worker/worker-died.ts'
import { WorkerProcess } from '../../main/worker/worker-process.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const limits = { memoryBytes: 1024 ** 3, timeMs: 240_000, publishMs: 240_000, answerBytes: 1024 ** 2 }

/** A worker that does what the code says once it has a job; `say(value)` writes a line of JSON, `raw(bytes)` what it is given. */
async function badWorker(code: string): Promise<WorkerProcess> {
  const program = `
    const out = new (require('node:net').Socket)({ fd: 3, writable: true, readable: false })
    const raw = (bytes) => new Promise((written) => out.write(bytes, written))
    const say = (value) => raw(JSON.stringify(value) + '\\n')
    const child = require('node:child_process')
    const lines = require('node:readline').createInterface({ input: process.stdin })
    lines.once('line', async (line) => { const job = JSON.parse(line); ${code} })
    lines.once('close', () => process.exit())`
  const worker = await WorkerProcess.start({
    file: process.execPath,
    args: ['-e', program],
    env: { PATH: process.env.PATH ?? '' },
  })
  onTestFinished(() => worker.end())
  return worker
}

const job = { name: 'salvage', input: { text: 'given' } }

test('what a job answers comes through, and the next job is done in the same process', async () => {
  const worker = await badWorker(
    "lines.on('line', (next) => say({ kind: 'answer', output: JSON.parse(next).input })); await say({ kind: 'answer', output: job.input })",
  )
  expect(await worker.run(job, limits)).toEqual({ text: 'given' })
  expect(await worker.run({ name: 'merge', input: 2 }, limits)).toBe(2)
})

test('an error that the user can act on comes through whole, and another one with its code and cause', async () => {
  const failed = (error: object) => `say({ kind: 'failed', error: ${JSON.stringify(error)} })`
  const first = await badWorker(failed({ name: 'AppError', code: 'disk-full', message: 'No room', hint: 'Free some' }))
  const error = await first.run(job, limits).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AppError)
  expect(error).toMatchObject({ code: 'disk-full', message: 'No room', hint: 'Free some' })
  const cause = { name: 'Error', message: 'below', code: 'EMFILE' }
  const second = await badWorker(failed({ name: 'TypeError', message: 'above', cause }))
  await expect(second.run(job, limits)).rejects.toMatchObject({
    name: 'TypeError',
    message: 'above',
    cause: { code: 'EMFILE' },
  })
})

test.each<[string, string, RegExp, Partial<typeof limits>?]>([
  ['ends in peace', 'process.exit(0)', /exit status 0/],
  ['fails', 'process.exit(3)', /exit status 3/],
  ['throws where nobody catches', "throw new TypeError('bad bytes')", /exit status 1: TypeError: bad bytes/],
  ['aborts', 'process.abort()', /SIGABRT/],
  ['kills itself', "process.kill(process.pid, 'SIGKILL')", /SIGKILL/],
  ['fills its heap', 'const all = []; for (;;) all.push(Array(1e5).fill(all.length))', /SIGABRT|MiB/],
  [
    'fills memory beside its heap',
    'const all = []; setInterval(() => all.push(Buffer.alloc(3e7, 1)), 5)',
    /filled more than 300 MiB/,
    { memoryBytes: 300 * 1024 ** 2 },
  ],
  [
    'has a child that fills memory',
    "child.spawn(process.execPath, ['-e', 'const all = []; setInterval(() => all.push(Buffer.alloc(3e7, 1)), 5)'])",
    /filled more than 400 MiB/,
    { memoryBytes: 400 * 1024 ** 2 },
  ],
  ['never answers', '', /took too long/, { timeMs: 300 }],
  ['turns in a loop', 'for (;;);', /took too long/, { timeMs: 300 }],
  [
    'floods its answer with no line break',
    'const flood = () => raw(Buffer.alloc(65536, 97)).then(flood); flood()',
    /more than 1048576 bytes/,
  ],
  [
    'floods its answer with messages',
    "const flood = () => say({ kind: 'publishing', isPublishing: true }).then(flood); flood()",
    /more than 1048576 bytes/,
  ],
  ['says bytes that are no text', 'raw(Buffer.from([0xff, 0, 0xfe, 10, 10]))', /no worker says/],
  ['says a deep nest', "raw('['.repeat(400000) + '\\n')", /no worker says/],
  ['says deep JSON that is whole', "raw('['.repeat(100000) + ']'.repeat(100000) + '\\n')", /no worker says/],
  ['says a message of no kind', "say({ kind: 'answers', output: 1 })", /no worker says/],
  ['says an error of another shape', "say({ kind: 'failed', error: { name: 1 } })", /no worker says/],
  ['closes its mouth and lives on', 'out.destroy()', /took too long/, { timeMs: 300 }],
])('a worker that %s is the end of its job and of nothing else', async (_what, code, how, own = {}) => {
  const worker = await badWorker(code)
  const { pid } = worker
  const error = await worker.run(job, { ...limits, ...own }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(WorkerDied)
  expect((error as Error).message).toMatch(how)
  expect((error as Error).message).not.toContain('\n')
  expect(worker.isOver).toBe(true)
  expect(pidIsTaken(pid)).toBe(false)
  await expect(worker.run(job, limits)).rejects.toThrow(WorkerDied)
})

test('a worker that speaks when nobody asked is ended', async () => {
  const worker = await badWorker(
    "await say({ kind: 'answer', output: 1 }); setTimeout(() => say({ kind: 'answer', output: 2 }), 50)",
  )
  expect(await worker.run(job, limits)).toBe(1)
  await until(async () => worker.isOver)
})

test('with a worker that died ends what it had started', async () => {
  const note = join(await temporaryFolder(), 'pid')
  const worker = await badWorker(
    `const left = child.spawn('sleep', ['1000']); require('node:fs').writeFileSync(${JSON.stringify(note)}, String(left.pid)); process.exit(1)`,
  )
  await expect(worker.run(job, limits)).rejects.toThrow(WorkerDied)
  const pid = Number(await readFile(note, 'utf8'))
  await until(async () => !pidIsTaken(pid))
})

test('a job that is not wanted any more is told why', async () => {
  const heeds = await badWorker("lines.on('line', (told) => say({ kind: 'failed', error: JSON.parse(told).reason }))")
  const stop = new AbortController()
  const result = heeds.run(job, limits, stop.signal)
  stop.abort(new DOMException('It took too long', 'TimeoutError'))
  await expect(result).rejects.toMatchObject({ name: 'TimeoutError', message: 'It took too long' })
})

test('while a branch is being moved only the second limit ends the worker', async () => {
  const worker = await badWorker(
    `await say({ kind: 'answer', output: 'ready' })
    lines.on('line', async () => {
      await say({ kind: 'publishing', isPublishing: true })
      setTimeout(async () => {
        await say({ kind: 'publishing', isPublishing: false })
        say({ kind: 'answer', output: 'moved' })
      }, 5_000)
    })`,
  )
  expect(await worker.run(job, limits)).toBe('ready')
  expect(await worker.run(job, { ...limits, timeMs: 4_000 })).toBe('moved')
  const endless = await badWorker("say({ kind: 'publishing', isPublishing: true })")
  await expect(endless.run(job, { ...limits, publishMs: 700 })).rejects.toThrow(/took too long/)
})

test('memory is that of a process and all below it, by /proc and by ps', async () => {
  const worker = await badWorker(
    "child.spawn('sh', ['-c', process.execPath + ' -e \"const held = Buffer.alloc(2e8, 1); setInterval(() => held, 1000)\"; true'])",
  )
  void worker.run(job, limits).catch(() => undefined)
  await until(async () => (await familyMemory(worker.pid)) > 2e8)
  await until(async () => (await memoryByPs(worker.pid)) > 2e8)
})

test('the real worker refuses a name that is no job, and ends with its input', async () => {
  const worker = await WorkerProcess.start(workerCommand())
  onTestFinished(() => worker.end())
  await expect(worker.run({ name: 'no-such', input: null }, limits)).rejects.toThrow(/not a function/)
  const note = join(await temporaryFolder(), 'attempts.json')
  await writeFile(note, '{}')
  await worker.end()
  expect(pidIsTaken(worker.pid)).toBe(false)
  expect(existsSync(note)).toBe(true)
})
