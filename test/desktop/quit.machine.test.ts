import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { isAlive } from '../../main/lib/processes/process-identity.ts'
import { changeSettings } from '../../main/settings/settings.ts'
import { loadTasks } from '../../main/tasks/record/load-tasks.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import { registeredRepository } from '../support/orchestrator.ts'
import { commitFile } from '../support/scripts.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { freePort } from '../support/web/free-port.ts'
import { serveReleases } from '../support/web/release-server.ts'
import { installedAppImage } from '../support/window/app-image.ts'
import buildApp from '../support/window/build-app.ts'
import buildWindow from '../support/window/build-window.ts'
import {
  callHost,
  clickTray,
  type RunningApp,
  standInTest,
  startApp,
  trayLabels,
} from '../support/window/desktop-app.ts'

beforeAll(async () => {
  await buildWindow()
  await buildApp()
})

standInTest(
  'the app quits, and then restarts for an update, with a task at work: its machine works on, and the next start brings the work to the branch',
  async () => {
    const agent = commitFile('page.md', 'Shows.\n', 'Add page.md')
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>()
    const script: typeof agent = async (history) => {
      if (history.turn === 0) await mayGoOn
      return await agent(history)
    }
    await using api = await startScriptedApi({ scripts: { quit: script } })
    const folder = await temporaryFolder()
    const home = join(folder, 'home')
    const repoPath = await registeredRepository(folder)
    await writeFile(
      join(home, 'settings.json'),
      JSON.stringify({ egress: 'closed', memoryMiB: 2048, port: await freePort() }),
    )
    onTestFinished(async () => void (await stopMachines(home, AbortSignal.timeout(5_000))))
    const env = { ANTHROPIC_BASE_URL: api.url }

    const first = await startApp({ home, env, sharesCache: true })
    const page = await first.firstPage()
    const started = await callHost(page, 'runTask', { repo: 'project', description: 'Add page.md. [script: quit]' })
    if (!started.ok) throw new Error(started.failure.message)
    await until(async () => (await taskIn(first))?.state.phase === 'working')
    await first.app.close()
    expect(await first.ended).toBe(0)
    const [task] = (await loadTasks(home, silentLog)).open
    expect(task?.machine && (await isAlive(task.machine))).toBe(true)

    // Quitting would stop the task now; an update leaves it alone all the same.
    changeSettings(home, { onQuit: 'stop' })
    const releases = await serveReleases([{ version: '0.2.0', program: '#!/bin/sh\n' }])
    const { env: asAppImage } = await installedAppImage(releases.feed)
    const second = await startApp({ home, env: { ...env, ...asAppImage }, sharesCache: true })
    await expect.poll(() => trayLabels(second.app)).toContain('Restart to Update to 0.2.0')
    await until(async () => (await taskIn(second))?.state.phase === 'working')
    await clickTray(second.app, 'Restart to Update to 0.2.0')
    expect(await second.ended).toBe(0)
    expect(task?.machine && (await isAlive(task.machine))).toBe(true)

    goOn()
    const third = await startApp({ home, env, sharesCache: true })
    await until(async () => (await taskIn(third))?.state.phase === 'finished')
    expect(await taskIn(third)).toMatchObject({ id: started.value.id, state: { outcome: 'merged' } })
    expect(await subjectsOf(repoPath, 'main')).toEqual(['Add page.md', 'Start'])
  },
)

async function taskIn({ firstPage }: RunningApp): Promise<TaskRow | undefined> {
  const reply = await callHost(await firstPage(), 'snapshot', {})
  return reply.ok ? reply.value.tasks[0] : undefined
}
