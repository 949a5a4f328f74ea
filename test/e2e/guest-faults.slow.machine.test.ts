import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireTaskId } from '../../main/api/views.ts'
import type { MachineHandle } from '../../main/core/task/task.ts'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { silentLog } from '../../main/lib/log.ts'
import type { MachineDriver, MachineSpec } from '../../main/machines/driver.ts'
import { createDriver } from '../../main/machines/drivers.ts'
import type { GuestImage } from '../../main/machines/guest-image.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, statusOf } from '../support/git/repositories.ts'
import { bareGuest } from '../support/machines/bare-guest.ts'
import { leftovers } from '../support/machines/bare-machine.ts'
import { until } from '../support/until.ts'

/** What the guest's program does after it has written `work.txt`, and how its task must end. */
const faults = {
  'panics its kernel': { program: 'echo c > /proc/sysrq-trigger; sleep 60', started: true, error: 'kernel panicked' },
  'never starts its runner': { program: 'sleep 1000', started: false, error: 'did not start its runner' },
  'writes no result': { program: ':', started: true, error: 'without writing a result' },
  'writes half a result': { program: `printf '{"success": tr' > result.json`, started: true, error: 'result.json' },
  'writes a result of 100 MB': {
    program: 'dd if=/dev/zero of=result.json bs=1M count=100 2>/dev/null',
    started: true,
    error: 'larger than',
  },
} as const

test('a guest at fault fails its task with the reason, frees its slot, and its work waits at refs/tasks/ID', async () => {
  const image = await bareGuest(AbortSignal.timeout(300_000))
  const orchestra = await startOrchestra({
    apiUrl: 'http://127.0.0.1:9', // Nobody is asked.
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: { memoryMiB: 1024, cpus: 1, bootTimeoutMs: 60_000, powerOffTimeoutMs: 3_000 },
    driver: guestsRunning(programFor, image),
  })
  const repo = orchestra.pathOf('project')
  const start = await gitIn(repo, ['rev-parse', 'main'])

  const tasks = await Promise.all(
    Object.entries(faults).map(async ([fault, expected]) => ({
      ...expected,
      id: await orchestra.runTask('project', fault),
    })),
  )
  for (const { id, error } of tasks) {
    const view = await orchestra.until(id, 'finished')
    expect(view).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(error),
      merge_result: { merged: false, reason: 'task_failed', task_ref: `refs/tasks/${id}` },
    })
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:work.txt`])).toBe('work')
  }
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(start)
  expect(await statusOf(repo)).toBe('')
  expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
})

test('a machine whose hypervisor or file server is killed fails its task, once, with its work at refs/tasks/ID and nothing left', async () => {
  const image = await bareGuest(AbortSignal.timeout(300_000))
  const orchestra = await startOrchestra({
    apiUrl: 'http://127.0.0.1:9', // Nobody is asked.
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: { memoryMiB: 1024, cpus: 1, powerOffTimeoutMs: 3_000 },
    driver: guestsRunning(() => 'cd /workspace; echo work > repo/work.txt; sync; : > started; sleep 1000\n', image),
  })
  const repo = orchestra.pathOf('project')
  const victims: Readonly<Record<string, (handle: MachineHandle) => number | undefined>> = {
    hypervisor: ({ pid }) => pid,
    'file server of the share': ({ helpers }) => helpers[0]?.pid,
    'file server of the clone': ({ helpers }) => helpers[1]?.pid,
  }
  const ids = await Promise.all(
    Object.entries(victims).map(async ([victim, pidOf]) => {
      const id = requireTaskId(await orchestra.runTask('project', victim))
      await orchestra.until(id, 'working')
      const { machine } = await orchestra.tasks.get(id)
      process.kill((machine && pidOf(machine)) ?? 0, 'SIGKILL')
      return id
    }),
  )
  for (const id of ids) {
    expect(await orchestra.until(id, 'finished')).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/ended (unexpectedly|while the machine ran)/),
      merge_result: { merged: false, reason: 'task_failed', task_ref: `refs/tasks/${id}` },
    })
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:work.txt`])).toBe('work')
    await until(async () => (await leftovers(id)).length === 0)
  }
  await until(() => orchestra.tasks.events.read(0).length === ids.length)
  expect(
    orchestra.tasks.events
      .read(0)
      .map(({ taskId }) => taskId)
      .toSorted(),
  ).toEqual(ids.toSorted())
  expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
  expect(await statusOf(repo)).toBe('')
})

function programFor(description: string): string {
  const fault = Object.entries(faults).find(([name]) => name === description)?.[1]
  if (!fault) throw new Error(`No fault is called ${description}`)
  return `cd /workspace; echo work > repo/work.txt; ${fault.started ? ': > started;' : ''} ${fault.program}; sync\n`
}

/** The real driver with real machines, whose guest is a bare one that runs the test's program in place of the task runner. */
function guestsRunning(program: (description: string) => string, image: GuestImage): MachineDriver {
  const driver = createDriver({
    image: () => Promise.resolve(image),
    cacheDirectory: cacheDirectory(),
    log: silentLog,
  })
  return {
    ...driver,
    start: async (spec, signal) => {
      const share = folderOf(spec, 'share')
      await writeFile(join(share, 'run.sh'), program(await readFile(join(share, 'task.md'), 'utf8')))
      return await driver.start(spec, signal)
    },
  }
}

function folderOf({ shares }: MachineSpec, tag: 'share' | 'repo'): string {
  const share = shares.find((each) => each.tag === tag)
  if (!share) throw new Error(`No share ${tag}`)
  return share.directory
}
