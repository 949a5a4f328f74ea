import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { isAlive } from '../../main/lib/processes/process-identity.ts'
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
import buildApp from '../support/window/build-app.ts'
import buildWindow from '../support/window/build-window.ts'
import { callHost, type RunningApp, startApp } from '../support/window/desktop-app.ts'

beforeAll(async () => {
  await buildWindow()
  await buildApp()
})

test('the app quits with a task at work: its machine works on, and the next start brings the work to the branch', async () => {
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

  goOn()
  const second = await startApp({ home, env, sharesCache: true })
  await until(async () => (await taskIn(second))?.state.phase === 'finished')
  expect(await taskIn(second)).toMatchObject({ id: started.value.id, state: { outcome: 'merged' } })
  expect(await subjectsOf(repoPath, 'main')).toEqual(['Add page.md', 'Start'])
})

async function taskIn({ firstPage }: RunningApp): Promise<TaskRow | undefined> {
  const reply = await callHost(await firstPage(), 'snapshot', {})
  return reply.ok ? reply.value.tasks[0] : undefined
}
