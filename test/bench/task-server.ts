import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../../main/app.ts'
import { parseTaskId, type TaskId } from '../../main/core/task/task.ts'
import { createLog } from '../../main/lib/log.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { connectToServer } from '../../main/web/client.ts'
import { makeRepository, type RepositoryOptions } from '../support/git/repositories.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import type { BenchContext } from './measure.ts'

/** Nobody listens there, for tasks that are cancelled before their agents ask anything. */
export const noApi = 'http://127.0.0.1:9'

interface Options {
  /** Of its home, and of the repository beside it. */
  readonly name: string
  /** Beside a closed network. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly apiUrl: string
  readonly repository?: RepositoryOptions
}

/** A server of its own, with real machines and a small repository; it ends with the benchmark. */
export async function startTaskServer(
  { folder, stack }: BenchContext,
  { name, settings, apiUrl, repository }: Options,
) {
  const home = join(folder, name)
  const path = join(folder, `${name}-project`)
  await makeRepository(path, repository)
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path, alias: 'project' })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', ...settings }))
  const env = { ANTHROPIC_BASE_URL: apiUrl, ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const server = await startServer({ home, port: 0, log: createLog(process.stderr, 'warn'), env })
  stack.defer(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(10_000))
  })
  const client = await connectToServer(home)
  return {
    home,
    client,
    run: async (description: string): Promise<TaskId> => {
      const { task_id } = await client.call('run_task', { repo: 'project', description })
      const id = parseTaskId(task_id)
      if (!id) throw new Error(`${task_id} is no task id`)
      return id
    },
    phaseOf: async (id: TaskId) => (await client.call('get_task_info', { task_id: id })).phase,
  }
}

/** Looks again after each pause; rejects after the limit. Both in milliseconds. */
export async function until(
  reached: () => boolean | Promise<boolean>,
  signal: AbortSignal,
  { limitMs = 180_000, pauseMs = 5 } = {},
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
  while (!(await reached())) await sleep(pauseMs, undefined, { signal: limit })
}
