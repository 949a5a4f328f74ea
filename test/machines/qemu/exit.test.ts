import { expect, test } from 'vitest'
import { type ExitFacts, machineExit } from '../../../main/machines/qemu/exit.ts'

const facts: ExitFacts = {
  stopRequested: false,
  shutdownReason: undefined,
  panicLine: undefined,
  lostHelper: undefined,
  exitCode: 0,
  signal: null,
  log: '',
}

test.each([
  [{ shutdownReason: 'guest-shutdown' }, { kind: 'powered-off' }],
  [{ shutdownReason: 'guest-shutdown', stopRequested: true }, { kind: 'stopped' }],
  [{ stopRequested: true, exitCode: null, signal: 'SIGKILL' }, { kind: 'stopped' }],
  [
    { shutdownReason: 'guest-reset', panicLine: 'Kernel panic - x' },
    { kind: 'panicked', detail: 'Kernel panic - x' },
  ],
  [{ shutdownReason: 'guest-panic' }, { kind: 'panicked', detail: 'The guest kernel panicked' }],
  [
    { exitCode: null, signal: 'SIGKILL', log: 'last words' },
    { kind: 'crashed', exitCode: null, signal: 'SIGKILL', detail: 'last words' },
  ],
  [{ exitCode: null }, { kind: 'crashed', exitCode: null, signal: null, detail: 'QEMU ended without a word' }],
  [
    { lostHelper: { name: 'virtiofsd-repo', log: 'no memory' }, exitCode: null, signal: 'SIGKILL' },
    {
      ...{ kind: 'crashed', exitCode: null, signal: 'SIGKILL' },
      detail: 'virtiofsd-repo ended while the machine ran: no memory',
    },
  ],
] satisfies [Partial<ExitFacts>, unknown][])('%o is told as %o', (known, exit) => {
  expect(machineExit({ ...facts, ...known })).toEqual(exit)
})
