import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../../main/app.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { Watchable } from '../../../main/lib/watchable.ts'
import type { GuestImage } from '../../../main/machines/image/image-source.ts'
import { SharedImage } from '../../../main/machines/image/shared-image.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { connectToServer } from '../../../main/web/client.ts'
import { windowOfServer } from '../../../main/web/window-of-server.ts'
import { startCommand } from '../../support/command-line.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import { successJson } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const key = 'sk-ant-of-the-user'

/** Makes ready what its task works in until it is let go on. */
const guest = `
touch $SHARE/preparing $SHARE/started
echo "microvm: dev container: STEP 2/3: RUN echo ${key}"
until [ -e $SHARE/../go-on ]; do sleep 0.1; done
rm $SHARE/preparing
echo '${successJson}' > $SHARE/result.json
`

test('what is waited for before an agent begins is told, step by step, and a task that waits for the guest image ends as soon as it is cancelled', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await makeRepository(join(folder, 'project'))
  await registerRepository(home, { path: join(folder, 'project') })
  const builds: { readonly end: () => void; readonly signal: AbortSignal }[] = []
  const imageProgress = new Watchable<string | null>(null)
  const image = new SharedImage(
    (tell, signal) =>
      new Promise((resolve, reject) => {
        tell(`Guest image: build ${builds.length + 1}`)
        signal.addEventListener('abort', () => reject(signal.reason))
        builds.push({ end: () => resolve({} as GuestImage), signal })
      }),
    imageProgress,
  )
  const machines = processDriver(join(folder, 'machines'), guest)
  const server = await startServer({
    ...{ home, port: 0, log: silentLog, env: { ANTHROPIC_API_KEY: key } },
    driver: {
      ...machines,
      imageProgress,
      start: async (spec, signal) => {
        await image.get(signal)
        return await machines.start(spec, signal)
      },
    },
  })
  onTestFinished(() => server.close())
  const client = await connectToServer(home)
  const told = async (task_id: string) => {
    const { phase, status, progress, preparing_since } = await client.call('get_task_info', { task_id })
    return { phase, status, progress, prepares: preparing_since !== undefined }
  }

  const { task_id: first } = await client.call('run_task', { repo: 'project', description: 'work', client: 'cli' })
  await expect.poll(() => told(first)).toMatchObject({ phase: 'booting', progress: 'Guest image: build 1' })
  const { tasks } = await (await windowOfServer(home))('snapshot', {})
  expect(tasks).toMatchObject([{ state: { phase: 'booting', boots: 'Guest image: build 1' } }])
  await client.call('cancel_task', { task_id: first })
  await expect.poll(() => told(first)).toMatchObject({ phase: 'finished', status: 'failed' })
  expect(builds[0]?.signal.aborted).toBe(true)

  const waits = startCommand(['run', 'project', 'work', '--wait'], { home })
  const ended = once(waits, 'close')
  const out: string[] = []
  const said: string[] = []
  waits.stdout?.on('data', (chunk) => out.push(String(chunk)))
  waits.stderr?.on('data', (chunk) => said.push(String(chunk)))
  await expect.poll(() => builds).toHaveLength(2)
  const { tasks: list } = await client.call('list_tasks', {})
  const second = list.find(({ task_id }) => task_id !== first)?.task_id ?? ''
  await expect.poll(() => told(second)).toMatchObject({ progress: 'Guest image: build 2' })
  await expect.poll(() => said.join('')).toMatch(/\nGuest image: build 2\n/)
  builds[1]?.end()
  const step = `dev container: STEP 2/3: RUN echo ${'*'.repeat(key.length)}`
  await expect.poll(() => told(second)).toEqual({ phase: 'working', status: 'running', progress: step, prepares: true })
  await writeFile(join(home, 'tasks', second, 'go-on'), '')
  expect(await ended, said.join('')).toEqual([0, null])
  expect(out.join('')).not.toContain('"progress"')
  expect(await told(second)).toMatchObject({ status: 'completed', progress: undefined, prepares: false })
})
