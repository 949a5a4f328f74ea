import { expect, test } from 'vitest'
import { panicLineOf } from '../../../main/machines/watch/panic-line.ts'
import { cleanExit } from '../../../main/tasks/finish/clean-exit.ts'

const secret = 'sk-ant-api03-secret'

test('a guest that dies with the key on its lips leaves a line without it', () => {
  const console = `[ 1.0] Kernel panic - not syncing: sk-ant-\u001b[0mapi03\u0007-secret is the key\n`
  const naive = panicLineOf(console.replace('[0m', '')) ?? ''
  expect(naive).toContain(secret)
  expect(cleanExit({ kind: 'panicked', detail: naive }, secret)).toEqual({
    kind: 'panicked',
    detail: 'Kernel panic - not syncing: [key removed] is the key',
  })
})

test('an exit with nothing to say stays as it is', () => {
  expect(cleanExit({ kind: 'powered-off' }, secret)).toEqual({ kind: 'powered-off' })
  const crash = { kind: 'crashed', exitCode: 1, signal: null, detail: 'out of memory' } as const
  expect(cleanExit(crash, secret)).toEqual(crash)
  expect(cleanExit(crash, '')).toEqual(crash)
})
