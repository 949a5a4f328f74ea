import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTaskId, slotCount, type TaskId } from '../../../main/core/task/task.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { connectToServer, type ServerConnection } from '../../../main/web/client.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { until } from '../../support/until.ts'
import { launchBrowser } from '../../support/window/launch-browser.ts'
import type { Bench } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

const line = `\u001b[32m✓\u001b[0m test/webhooks/retry.test.ts (14 tests) \u001b[2m212ms\u001b[0m ${'.'.repeat(40)}\r\n`
/** Ten times a second, so that it comes to five megabytes. */
const chunkBytes = 512 * 1024

export const flood: Bench = {
  name: 'flood',
  about: 'ten consoles at 5 MB/s each, one of them shown in a browser',
  async measure({ folder, quick, say, signal, stack }) {
    const seconds = quick ? 10 : 60
    const home = join(folder, 'home')
    const machines = join(folder, 'machines')
    const repo = join(folder, 'project')
    const chunk = join(folder, 'chunk')
    await mkdir(home, { mode: 0o700 })
    await mkdir(machines)
    await makeRepository(repo)
    await registerRepository(home, { path: repo })
    await writeFile(join(home, 'settings.json'), JSON.stringify({ minFreeGiB: 0, memoryMiB: 1024 }))
    await writeFile(chunk, line.repeat(Math.ceil(chunkBytes / line.length)).slice(0, chunkBytes))
    const server = stack.use(
      await ServerProcess.start('flood-server.ts', [home, machines, chunk], join(folder, 'server.log')),
    )
    const client = await connectToServer(home)
    const ids = await Promise.all(Array.from({ length: slotCount }, (_, n) => startTask(client, `Flood ${n}`)))
    await until(async () => (await client.call('list_tasks', {})).tasks.every(({ phase }) => phase === 'working'))

    const browser = await launchBrowser()
    stack.defer(() => browser.close())
    const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
    await page.goto(server.url)
    await page.getByText('Flood 0').first().click()
    await page.getByRole('tab', { name: 'Console' }).click()
    await page.locator('.xterm-rows').filter({ hasText: 'webhooks' }).waitFor()
    const before = await server.residentMegabytes()
    say(`${seconds} seconds of it`)
    const frames = await page.evaluate(frameTimes, seconds * 1_000)
    signal.throwIfAborted()
    const after = await server.residentMegabytes()
    await writeFile(join(machines, 'stop'), '')
    await until(async () => (await client.call('list_tasks', {})).tasks.every(({ phase }) => phase === 'finished'))
    const lost = await Promise.all(ids.map((id) => bytesLost(home, id)))
    return [
      {
        ...{ what: 'frame of a window that shows one of ten flooding consoles', unit: 'ms', quote: 'p95' },
        ...{ ours: frames, against: null, goal: { kind: 'limit', atMost: 32 } },
        unreached: 'ten writers, a server and a browser without a GPU share the processors of this machine',
      },
      {
        ...{ what: 'memory of the server after it', unit: 'MB', ours: [after] },
        against: { what: 'before it', values: [before] },
        goal: { kind: 'limit', atMost: 250 },
      },
      {
        ...{ what: 'bytes that a console wrote and its file lacks', unit: 'bytes', ours: lost, against: null },
        goal: { kind: 'limit', atMost: 0 },
        notes: [
          'The machines are processes of the host, whose consoles no driver cuts; a real one keeps 64 MiB at each end.',
        ],
      },
    ]
  },
}

async function startTask(client: ServerConnection, description: string): Promise<TaskId> {
  const { task_id } = await client.call('run_task', { repo: 'project', description })
  const id = parseTaskId(task_id)
  if (!id) throw new Error(`${task_id} is no id`)
  return id
}

async function bytesLost(home: string, id: TaskId): Promise<number> {
  const { console, folder } = taskFiles(home, id)
  const [written, { size }] = await Promise.all([readFile(join(folder, 'bytes'), 'utf8'), stat(console)])
  return Number(written) - size
}

/** In the page: how long each frame took, in ms. */
function frameTimes(forMs: number): Promise<number[]> {
  const page = globalThis as unknown as { requestAnimationFrame(frame: (now: number) => void): void }
  return new Promise((resolve) => {
    const times: number[] = []
    const begin = performance.now()
    let last = begin
    const frame = (now: number): void => {
      times.push(now - last)
      last = now
      if (now - begin < forMs) page.requestAnimationFrame(frame)
      else resolve(times.slice(1))
    }
    page.requestAnimationFrame(frame)
  })
}
