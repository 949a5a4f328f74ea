import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { foldTask } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { SettingsStore } from '../../../main/settings/settings-store.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { writeShare } from '../../../main/tasks/run/write-share.ts'
import { provisionsOf } from '../../../main/tasks/slots/provisions-of.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import { eventsOfGoodTask } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const key = 'sk-ant-api03-of-the-user'

/** What the guest of a task gets under these settings: its environment and its key. */
async function shareUnder(settings: Readonly<Record<string, unknown>>) {
  const folder = await temporaryFolder()
  const [home, repoPath] = [join(folder, 'home'), join(folder, 'project')]
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  await registerRepository(home, { path: repoPath })
  const env = { ANTHROPIC_API_KEY: key }
  const inForce = SettingsStore.open(home, silentLog)
  const provisions = await provisionsOf({ home, settings: inForce, env, machines: processDriver(folder, ''), repoPath })
  const task = foldTask(eventsOfGoodTask(repoPath).slice(0, 3), home)
  await writeShare(filesOf(task), task, provisions)
  const read = (name: string) => readFile(join(filesOf(task).share, name), 'utf8')
  return { environment: (await read('environment')).split('\0'), given: await read('.api-key'), provisions }
}

test('a guest has the key under the open policy alone, unless the user wants it elsewhere or nowhere', async () => {
  const hasKey = async (settings: Readonly<Record<string, unknown>>) => (await shareUnder(settings)).given === key
  expect(await hasKey({})).toBe(true)
  expect(await hasKey({ egress: 'closed' })).toBe(false)
  expect(await hasKey({ egress: ['github.com'] })).toBe(false)
  expect(await hasKey({ keyInGuest: false })).toBe(false)
  expect(await hasKey({ keyInGuest: true, egress: 'closed' })).toBe(true)
})

test('the gateway refuses what the API would do elsewhere, unless a setting lets it', async () => {
  const said = async (settings: Readonly<Record<string, unknown>>) =>
    (await shareUnder(settings)).provisions.gateway?.api?.serverTools
  expect(await said({ egress: 'closed' })).toBe('refuse')
  expect(await said({ egress: 'closed', serverTools: 'allow' })).toBe('allow')
})

test.each([
  [{}, 'MICROVM_IDLE_BACKGROUND_SECONDS=300'],
  [{ idleBackgroundMs: 1500 }, 'MICROVM_IDLE_BACKGROUND_SECONDS=2'],
  [{ idleBackgroundMs: null }, undefined],
] as const)('under %j the runner is given %s for an agent that only waits', async (settings, line) => {
  const { environment } = await shareUnder(settings)
  expect(environment.find((each) => each.startsWith('MICROVM_IDLE'))).toBe(line)
})
