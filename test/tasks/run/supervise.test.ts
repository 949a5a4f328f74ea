import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { AppError } from '../../../main/core/failure.ts'
import type { Machine } from '../../../main/machines/driver.ts'
import { supervise, type Watch } from '../../../main/tasks/run/supervise.ts'
import { removeKey } from '../../../main/tasks/run/take-key.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal

async function guest(script: string) {
  const root = await temporaryFolder()
  const share = join(root, 'share')
  await mkdir(share)
  await writeFile(join(share, '.api-key'), 'secret')
  const machine: Machine = await processDriver(join(root, 'run'), script).start(
    {
      name: 'guest',
      cpus: 1,
      memoryMiB: 64,
      shares: [{ tag: 'share', directory: share }],
      volumes: [],
      owner: root,
      consolePath: join(root, 'console'),
      network: { egress: 'closed', forwards: [], mac: '02:6d:76:6d:00:01' },
    },
    never,
  )
  onTestFinished(() => machine.powerOff(AbortSignal.abort()))
  const told: string[] = []
  const watch: Watch = {
    share,
    bootTimeoutMs: 60_000,
    taskTimeoutMs: 60_000,
    powerOffTimeoutMs: 200,
    onAgentStarted: async () => told.push('started'),
    onStopRequested: async (reason) => told.push(`stop: ${reason.code}`),
  }
  return { machine, share, told, watch }
}

test('a guest that starts, takes its key and powers off is told as it is', async () => {
  const { machine, told, watch } = await guest('touch $SHARE/started; sleep 0.5; rm $SHARE/.api-key; exit 0')
  expect(await supervise(machine, watch, never, never)).toEqual({ kind: 'exited', exit: { kind: 'powered-off' } })
  expect(told).toEqual(['started'])
})

test('a guest that says that it is done has its shares taken away, whatever it does then, and is off later', async () => {
  const done = 'touch $SHARE/started; rm $SHARE/.api-key; echo kept >$SHARE/work; touch $SHARE/ended'
  const { machine, share, told, watch } = await guest(`${done}; while :; do echo more >>$SHARE/work; done`)
  const end = await supervise(machine, { ...watch, onDone: () => told.push('done') }, never, never)
  const left = await readFile(join(share, 'work'), 'utf8')
  expect(end).toEqual({ kind: 'exited', exit: { kind: 'powered-off' } })
  expect(told.at(-1)).toBe('done')
  expect(left).toMatch(/^kept\n/)
  await machine.exited
  expect(await readFile(join(share, 'work'), 'utf8')).toBe(left)
})

test('a guest that was done before its machine came to harm has ended well', async () => {
  const { machine, watch } = await guest('touch $SHARE/started $SHARE/ended; rm $SHARE/.api-key; exit 9')
  const exit = await machine.exited
  expect(exit).toMatchObject({ kind: 'crashed' })
  const dead = { ...machine, closeShares: null }
  expect(await supervise(dead, { ...watch, onDone: () => undefined }, never, never)).toEqual({
    kind: 'exited',
    exit: { kind: 'powered-off' },
  })
  expect(await supervise(dead, watch, never, never)).toEqual({ kind: 'exited', exit })
})

test('where nobody sees to a machine that is done, or it serves its shares itself, it is watched until it is off', async () => {
  const script = 'touch $SHARE/started $SHARE/ended; rm $SHARE/.api-key; sleep 0.5; echo last >$SHARE/work'
  for (const hasServers of [true, false]) {
    const { machine, share, told, watch } = await guest(script)
    const end = hasServers
      ? await supervise(machine, watch, never, never)
      : await supervise({ ...machine, closeShares: null }, { ...watch, onDone: () => told.push('done') }, never, never)
    expect(end).toEqual({ kind: 'exited', exit: { kind: 'powered-off' } })
    expect(told).not.toContain('done')
    expect(await readFile(join(share, 'work'), 'utf8')).toBe('last\n')
  }
})

test('a guest that never starts its runner is stopped with that reason', async () => {
  const { machine, told, watch } = await guest('sleep 60')
  const end = await supervise(machine, { ...watch, bootTimeoutMs: 300 }, never, never)
  expect(end).toEqual({ kind: 'exited', exit: { kind: 'stopped' } })
  expect(told).toEqual(['stop: guest-failed'])
})

test('while a guest makes ready what it works in, the time of the task stands still; not without end', async () => {
  const script =
    'touch $SHARE/started $SHARE/preparing; until [ -e $SHARE/enough ]; do sleep 0.1; done; rm $SHARE/preparing; sleep 60'
  const { machine, share, told, watch } = await guest(script)
  const prepared = Promise.withResolvers<number>()
  const counted = { ...watch, taskTimeoutMs: 1000, preparationMs: 60_000 }
  const telling = {
    onPreparing: async () => told.push('preparing'),
    onPrepared: async (ms: number) => prepared.resolve(ms),
  }
  const ended = supervise(machine, { ...counted, ...telling }, never, never)
  await expect.poll(() => told).toContain('preparing')
  await setTimeout(2000) // Longer than the task has; that it is not ended by then is the promise.
  expect(told).not.toContain('stop: timed-out')
  await writeFile(join(share, 'enough'), '')
  expect(await ended).toEqual({ kind: 'exited', exit: { kind: 'stopped' } })
  expect(await prepared.promise).toBeGreaterThanOrEqual(2000)
  expect(told.at(-1)).toBe('stop: timed-out')

  const endless = await guest('touch $SHARE/started $SHARE/preparing; sleep 60')
  const bounded = { ...endless.watch, taskTimeoutMs: 300, preparationMs: 500 }
  await supervise(endless.machine, bounded, never, never)
  expect(endless.told.at(-1)).toBe('stop: timed-out')
})

test('a guest that does not heed the request to stop is ended', async () => {
  const { machine, told, watch } = await guest("trap '' TERM; touch $SHARE/started; while true; do sleep 0.1; done")
  const end = await supervise(machine, { ...watch, taskTimeoutMs: 1500 }, never, never)
  expect(end).toEqual({ kind: 'exited', exit: { kind: 'stopped' } })
  expect(told).toEqual(['started', 'stop: timed-out'])
})

test('a stop tells its own reason', async () => {
  const { machine, told, watch } = await guest('sleep 60')
  const stop = AbortSignal.abort(new AppError('cancelled', 'The user cancelled it'))
  await supervise(machine, watch, stop, never)
  expect(told).toEqual(['stop: cancelled'])
})

test('letting go leaves the machine running and nobody watching', async () => {
  const { machine, told, watch } = await guest('sleep 60')
  const detach = new AbortController()
  const supervised = supervise(machine, watch, never, detach.signal)
  detach.abort()
  expect(await supervised).toEqual({ kind: 'detached' })
  expect(told).toEqual([])
  expect(() => process.kill(machine.handle.pid, 0)).not.toThrow()
})

test('letting go of a guest that has started but not yet fetched its key leaves the key to it', async () => {
  const { machine, share, told, watch } = await guest('touch $SHARE/started; sleep 60')
  const detach = new AbortController()
  const supervised = supervise(machine, watch, never, detach.signal)
  await expect.poll(() => told).toEqual(['started'])
  detach.abort()
  expect(await supervised).toEqual({ kind: 'detached' })
  await setTimeout(200) // The time in which it would be taken.
  await access(join(share, '.api-key'))
})

test('a key that the guest leaves lying is taken away, and what it made of it that is a folder is told', async () => {
  const share = await temporaryFolder()
  await writeFile(join(share, '.api-key'), 'secret')
  expect(await removeKey(share)).toBeNull()
  await expect(access(join(share, '.api-key'))).rejects.toThrow('ENOENT')
  await mkdir(join(share, '.api-key', 'deep'), { recursive: true })
  expect(await removeKey(share)).toContain('it was left at')
})
