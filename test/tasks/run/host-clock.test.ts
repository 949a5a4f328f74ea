import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import type { Machine } from '../../../main/machines/driver.ts'
import { HostClock } from '../../../main/tasks/run/host-clock.ts'

/** A host whose clocks the test sets, and machines that write down what they are told. */
function host() {
  const clock = { wall: 1_000_000, steady: 5_000 }
  const told: string[] = []
  const machine = (name: string, answers = true): Machine => {
    const note = (verb: string) => async () => {
      told.push(`${name} ${verb}`)
      if (!answers) throw new Error('gone')
    }
    return {
      handle: { driver: 'qemu', pid: 1, startTime: '1', controlSocket: '', runDirectory: '', helpers: [] },
      exited: new Promise(() => undefined),
      openLine: null,
      closeShares: null,
      ...{ pause: note('pause'), resume: note('resume'), setClock: note('setClock'), powerOff: note('powerOff') },
    }
  }
  const hostClock = new HostClock(silentLog, { wall: () => clock.wall, steady: () => clock.steady })
  const pass = (wallMs: number, steadyMs = wallMs): void => {
    clock.wall += wallMs
    clock.steady += steadyMs
    hostClock.look()
  }
  return { told, machine, hostClock, pass }
}

test('guests are told when the host slept or its clock was set, ahead or back, and not for a correction', () => {
  const { told, machine, hostClock, pass } = host()
  using _a = hostClock.follow(machine('a'))
  using _b = hostClock.follow(machine('b'))
  for (let n = 0; n < 5; n += 1) pass(1_000, 1_010)
  expect(told).toEqual([])
  pass(3_600_000, 1_000)
  expect(told.splice(0)).toEqual(['a setClock', 'b setClock'])
  pass(1_000)
  expect(told).toEqual([])
  pass(-600_000, 1_000)
  expect(told).toEqual(['a setClock', 'b setClock'])
})

test('guests are told after a sleep that the steady clock did not see, and not for a look that is a little late', () => {
  const { told, machine, hostClock, pass } = host()
  using _a = hostClock.follow(machine('a'))
  pass(9_000)
  expect(told).toEqual([])
  pass(3_600_000)
  expect(told.splice(0)).toEqual(['a setClock'])
  pass(1_000)
  expect(told).toEqual([])
})

test('a machine that has ended is told nothing, and one that begins after a jump has the right time already', () => {
  const { told, machine, hostClock, pass } = host()
  hostClock.follow(machine('a'))[Symbol.dispose]()
  pass(3_600_000, 1_000)
  using _b = hostClock.follow(machine('b'))
  pass(1_000)
  expect(told).toEqual([])
})

test('a host that says that it sleeps has all guests stand still and go on, whichever does not answer', async () => {
  const { told, machine, hostClock, pass } = host()
  using _a = hostClock.follow(machine('a', false))
  using _b = hostClock.follow(machine('b'))
  await hostClock.pauseAll()
  pass(0)
  await hostClock.resumeAll()
  pass(1_000)
  expect(told).toEqual(['a pause', 'b pause', 'a resume', 'b resume'])
})
