import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLog } from '../../../main/lib/log.ts'
import { steadyOutput } from '../../../main/lib/processes/steady-output.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

test('lines arrive whole and in order', async () => {
  const path = join(await temporaryFolder(), 'log')
  const descriptor = openSync(path, 'a')
  onTestFinished(() => closeSync(descriptor))
  const log = createLog(steadyOutput(descriptor))
  for (let number = 0; number < 1_000; number += 1) log.info('a line', { number })
  const numbers = () => readFileSync(path, 'utf8').split('\n').slice(0, -1)
  await until(() => numbers().length === 1_000)
  expect(numbers().map((line) => (JSON.parse(line) as { number: number }).number)).toEqual([...Array(1_000).keys()])
})

test('a pipe that nobody empties costs the lines beyond the limit, which are counted once there is room again', async () => {
  const path = join(await temporaryFolder(), 'pipe')
  await once(spawn('mkfifo', [path]), 'exit')
  // Both ends here, so that neither waits for the other.
  const descriptor = openSync(path, 'r+')
  onTestFinished(() => closeSync(descriptor))
  const output = steadyOutput(descriptor, { waitingLimit: 1_000_000, gapText: (lines) => `${lines} left out\n` })
  const line = `${'x'.repeat(999)}\n`
  for (let number = 0; number < 5_000; number += 1) output.write(line)
  const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void reader.kill())
  let read = ''
  reader.stdout.setEncoding('utf8').on('data', (text: string) => {
    read += text
  })
  const leftOut = () => Number(/(\d+) left out/.exec(read)?.[1])
  // To the end: a write that still waits would go to whatever gets the number of the descriptor next.
  await until(() => read.split('\n').length - 2 + leftOut() === 5_000)
  expect(leftOut()).toBeGreaterThan(3_000)
  expect(leftOut()).toBeLessThan(5_000)
})
