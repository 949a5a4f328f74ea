import { expect, test } from 'vitest'
import { OutputTooLarge } from '../../../main/lib/processes/output-too-large.ts'
import { run, runOrThrow } from '../../../main/lib/processes/spawn.ts'

/** Prints for as long as it lives: only its end ends it. */
const flood = [
  '-c',
  'while :; do printf "%s\\n" "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"; done',
]

test.each([
  ['standard output', flood],
  ['standard error', ['-c', `exec >&2; ${flood[1]}`]],
])('a program that floods its %s is ended at the limit, and that is no success', async (_stream, args) => {
  const result = await run('sh', args, { outputLimitBytes: 10_000 })
  expect(result).toMatchObject({
    ok: false,
    cutAtBytes: 10_000,
    problem: expect.stringContaining('more than 10000 bytes'),
  })
  expect(result.stdout.length + result.stderr.length).toBeLessThanOrEqual(10_000)
  await expect(runOrThrow('sh', args, { outputLimitBytes: 10_000 })).rejects.toThrow(OutputTooLarge)
})

test('output of just the limit is whole, and a success', async () => {
  const result = await run('sh', ['-c', 'printf 12345; printf abc >&2'], { outputLimitBytes: 5 })
  expect(result).toMatchObject({ ok: true, stdout: '12345', stderr: 'abc', cutAtBytes: null, problem: null })
})

test('a program that printed too much and succeeded all the same has failed', async () => {
  const result = await run('sh', ['-c', 'trap "exit 0" TERM; printf 123456'], { outputLimitBytes: 5 })
  expect(result).toMatchObject({ ok: false, cutAtBytes: 5 })
})

test('bytes that are no text come as one character each', async () => {
  const { stdout } = await run('printf', ['\\377\\000\\303'], { encoding: 'latin1' })
  expect(stdout).toBe('\xff\0\xc3')
})

test('each line is told once, the last one too without its line break', async () => {
  const lines: string[] = []
  const result = await run('printf', ['one\ntwo\n\nthree'], { onLine: (line) => lines.push(line) })
  expect(lines).toEqual(['one', 'two', '', 'three'])
  expect(result.stdout).toBe('one\ntwo\n\nthree')
})

test('a listener of lines that fails makes the run fail', async () => {
  const onLine = () => {
    throw new Error('no such line')
  }
  expect(await run('sh', flood, { onLine })).toMatchObject({
    ok: false,
    problem: expect.stringContaining('no such line'),
  })
})
