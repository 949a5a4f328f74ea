import { expect, test } from 'vitest'
import type { Problem } from '../../../main/machines/driver.ts'
import { cureProblems } from '../../../main/machines/host/cure-problems.ts'

const never = new AbortController().signal
const curable = (code: string, ...command: [string, ...string[]]): Problem => ({
  ...{ code, message: `${code} is wrong`, cure: command.join(' ') },
  remedy: { kind: 'command', command },
})

test('a problem that shows only when another one is cured is cured as well, and each is tried once', async () => {
  const said: string[] = []
  const rounds = [
    [curable('first', 'true'), { code: 'by-hand', message: 'By hand', cure: 'do it' }],
    [curable('second', 'true'), curable('first', 'true')],
    [curable('first', 'true')],
  ]
  const look = async () => rounds.shift() ?? []
  const left = await cureProblems(look, { onProgress: (line) => said.push(line) }, never)
  expect(said.filter((line) => line.includes('Running'))).toEqual([
    'first is wrong. Running: true',
    'second is wrong. Running: true',
  ])
  expect(left).toMatchObject([{ code: 'first' }])
})
