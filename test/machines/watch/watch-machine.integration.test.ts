import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import { startTimeOf } from '../../../main/lib/processes/process-identity.ts'
import { openRunRoot } from '../../../main/machines/run-root.ts'
import { type Ending, watchMachine } from '../../../main/machines/watch/watch-machine.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A machine whose file server has ended; its hypervisor, a process of this host, ends by itself after a while. */
async function endingWithoutHelper(hypervisor: { readonly isShuttingDown: boolean; readonly endsInMs: number }) {
  const child = spawn('sleep', ['600'], { detached: true }) // A machine's processes lead groups of their own.
  const { pid } = child
  if (pid === undefined) throw new Error('sleep did not start')
  const killed = once(child, 'exit').then(([exitCode, signal]) => ({ exitCode, signal }))
  const ended = Promise.race([killed, sleep(hypervisor.endsInMs, { exitCode: 0, signal: null })])
  const endings: Ending[] = []
  const nothing = async () => undefined
  const machine = watchMachine({
    handle: {
      ...{ driver: 'qemu', pid, startTime: (await startTimeOf(pid)) ?? '', controlSocket: '' },
      runDirectory: join(await openRunRoot(), `watched-${pid}`),
      helpers: [{ name: 'virtiofsd-share', pid, startTime: 'another process by now' }],
    },
    consolePath: join(await temporaryFolder(), 'serial.log'),
    ended,
    hasLine: false,
    hypervisor: {
      ...{ name: 'qemu', askToPowerOff: nothing, pause: nothing, resume: nothing, setClock: nothing },
      hasShareServers: true,
      isShuttingDown: () => hypervisor.isShuttingDown,
      exitOf: async (ending) => {
        endings.push(ending)
        return { kind: 'powered-off' }
      },
      close: () => undefined,
    },
    log: silentLog,
  })
  await machine.exited
  child.kill('SIGKILL')
  return endings[0]
}

test('a hypervisor whose guest is off may take its time to be gone after its file server', async () => {
  const ending = await endingWithoutHelper({ isShuttingDown: true, endsInMs: 3_000 })
  expect(ending).toMatchObject({ lostHelper: undefined, exitCode: 0 })
})

test('a machine that lost its file server while its guest runs is ended, and that is told', async () => {
  const ending = await endingWithoutHelper({ isShuttingDown: false, endsInMs: 30_000 })
  expect(ending).toMatchObject({ lostHelper: { name: 'virtiofsd-share' }, signal: 'SIGKILL' })
})
