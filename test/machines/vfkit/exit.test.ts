import { expect, test } from 'vitest'
import { vfkitExit } from '../../../main/machines/vfkit/hypervisor.ts'
import type { Ending } from '../../../main/machines/watch/watch-machine.ts'

const ending: Ending = { stopRequested: false, lostHelper: undefined, exitCode: 0, signal: null, log: '' }
const stoppedLog = 'time="2026-11-24T05:00:00Z" level=info msg="VM is stopped"'

test.each([
  [{}, { kind: 'powered-off' }],
  [{ stopRequested: true }, { kind: 'stopped' }],
  [{ stopRequested: true, exitCode: null, signal: 'SIGKILL' }, { kind: 'stopped' }],
  [{ exitCode: null, log: stoppedLog }, { kind: 'powered-off' }],
  [{ exitCode: null }, { kind: 'crashed', exitCode: null, signal: null, detail: 'vfkit ended without a word' }],
  [
    { exitCode: 1, log: 'Error: hypervisor virtualization error' },
    { kind: 'crashed', exitCode: 1, signal: null, detail: 'Error: hypervisor virtualization error' },
  ],
  [
    { exitCode: null, signal: 'SIGKILL', log: stoppedLog },
    { kind: 'crashed', exitCode: null, signal: 'SIGKILL', detail: stoppedLog },
  ],
  [
    { lostHelper: { name: 'forward-4000', log: 'no memory' }, stopRequested: true },
    { kind: 'crashed', exitCode: 0, signal: null, detail: 'forward-4000 ended while the machine ran: no memory' },
  ],
] satisfies [Partial<Ending>, unknown][])('%o is told as %o', (known, exit) => {
  expect(vfkitExit({ ...ending, ...known })).toEqual(exit)
})
