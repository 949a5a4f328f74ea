import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type Server, type ServerOptions, startServer } from '../../main/app.ts'
import type { TaskId } from '../../main/core/task/task.ts'
import { silentLog } from '../../main/lib/log.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { guestThatListens } from './machines/listening-guest.ts'
import { processDriver } from './machines/process-driver.ts'
import { registeredRepository } from './orchestrator.ts'
import { temporaryFolder } from './temporary.ts'

export interface WorkingTask {
  readonly home: string
  readonly server: Server
  readonly id: TaskId
  /** Lets its agent come to its end. */
  end(): Promise<void>
}

/** A server with one task at work, whose machine's line leads to the guest's own program as a process of this host. */
export async function workingTask(options: Pick<ServerOptions, 'page'> = {}): Promise<WorkingTask> {
  const root = await temporaryFolder()
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), '{"minFreeGiB":0}')
  await registeredRepository(root)
  const driver = processDriver(join(root, 'run'), guestThatListens())
  const env = { ANTHROPIC_API_KEY: 'sk-ant-x' }
  const server = await startServer({ home, port: 0, log: silentLog, env, driver, ...options })
  onTestFinished(() => server.close())
  const id = await server.tasks.run({ repo: 'project', description: 'Work' })
  const phase = async () => (await server.tasks.get(id)).state.phase
  await expect.poll(phase, { timeout: 30_000 }).toBe('working')
  const end = async () => {
    await writeFile(join(taskFiles(home, id).share, 'enough'), '')
    await expect.poll(phase, { timeout: 30_000 }).toBe('finished')
  }
  return { home, server, id, end }
}
