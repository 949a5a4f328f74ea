import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { TaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { tasksDirectory } from '../../../main/lib/files/paths.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { type Bench, type BenchContext, inPairs } from '../measure.ts'
import { noApi, startTaskServer, until } from '../task-server.ts'

export const warm: Bench = {
  name: 'warm',
  about:
    "run_task to the runner's first line in a machine that was booted ahead, against one that is booted for the task",
  async measure(context) {
    await prepareHost(context.say, context.signal)
    const cold = await startSide(context, 'cold', 0)
    const ahead = await startSide(context, 'ahead', 1)
    context.say('one task in each machine, then the next one finds a machine, or none')
    const measured = await inPairs(context.quick ? 1 : 5, ahead, cold)
    return [
      {
        what: "warm start, run_task to the runner's first line",
        unit: 'ms',
        ours: measured.ours,
        against: { what: 'cold boot', values: measured.theirs },
        goal: { kind: 'ratio', atMost: 0.3 },
        notes: ['Both include the call, the clone of a small repository and what the guest is given.'],
      },
    ]
  },
}

/**
 * A server of its own with a small repository. What it answers runs a task up to the runner's first line, in milliseconds, and cancels
 * it; before, it waits until as many machines wait as the setting says, once a task has been there.
 */
async function startSide(context: BenchContext, name: string, warmMachines: number): Promise<() => Promise<number>> {
  const { signal } = context
  const { home, client, run, phaseOf } = await startTaskServer(context, {
    ...{ name, settings: { warmMachines }, apiUrl: noApi },
  })
  const done: TaskId[] = []
  return async () => {
    if (warmMachines > 0 && done.length > 0) await machineWaits(home, done, signal)
    const start = performance.now()
    const id = await run('Nothing')
    await lineOf(taskFiles(home, id).console, 'microvm: runner started', signal)
    const ms = performance.now() - start
    await until(async () => (await phaseOf(id)) === 'working', signal)
    done.push(id)
    if (warmMachines > 0) await machineWaits(home, done, signal)
    await client.call('cancel_task', { task_id: id })
    await until(async () => (await phaseOf(id)) === 'finished', signal)
    return ms
  }
}

async function machineWaits(home: string, done: readonly TaskId[], signal: AbortSignal) {
  await until(async () => {
    const { tasks } = JSON.parse(await readFile(join(home, 'unfinished.json'), 'utf8')) as { tasks: object }
    const ahead = Object.keys(tasks).find((id) => !done.some((known) => known === id))
    return ahead !== undefined && (await pathExists(join(tasksDirectory(home), ahead, 'share/waiting')))
  }, signal)
}

async function lineOf(path: string, line: string, signal: AbortSignal): Promise<void> {
  await until(async () => (await readFile(path, 'utf8').catch(() => '')).includes(line), signal)
}
