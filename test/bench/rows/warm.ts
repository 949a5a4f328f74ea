import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../../../main/app.ts'
import { parseTaskId, type TaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { tasksDirectory } from '../../../main/lib/files/paths.ts'
import { createLog } from '../../../main/lib/log.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { connectToServer } from '../../../main/web/client.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { stopMachines } from '../../support/machines/stop-machines.ts'
import { type Bench, type BenchContext, inPairs } from '../measure.ts'

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
async function startSide(
  { folder, stack, signal }: BenchContext,
  name: string,
  warmMachines: number,
): Promise<() => Promise<number>> {
  const home = join(folder, name)
  const repository = join(folder, `${name}-project`)
  await makeRepository(repository)
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path: repository, alias: 'project' })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', warmMachines }))
  // Nobody listens there: the task is cancelled before its agent asks anything.
  const env = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const server = await startServer({ home, port: 0, log: createLog(process.stderr, 'warn'), env })
  stack.defer(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(10_000))
  })
  const client = await connectToServer(home)
  const done: TaskId[] = []
  return async () => {
    if (warmMachines > 0 && done.length > 0) await machineWaits(home, done, signal)
    const start = performance.now()
    const { task_id } = await client.call('run_task', { repo: 'project', description: 'Nothing' })
    const id = parseTaskId(task_id)
    if (!id) throw new Error(`${task_id} is no task id`)
    await lineOf(taskFiles(home, id).console, 'microvm: runner started', signal)
    const ms = performance.now() - start
    await until(async () => (await client.call('get_task_info', { task_id })).phase === 'working', signal)
    done.push(id)
    if (warmMachines > 0) await machineWaits(home, done, signal)
    await client.call('cancel_task', { task_id })
    await until(async () => (await client.call('get_task_info', { task_id })).phase === 'finished', signal)
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

async function until(reached: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(180_000)])
  while (!(await reached())) await sleep(5, undefined, { signal: limit })
}
