import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
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
async function shareUnder(settings: Readonly<Record<string, unknown>>, changes: Partial<Task> = {}) {
  const folder = await temporaryFolder()
  const [home, repoPath] = [join(folder, 'home'), join(folder, 'project')]
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  await registerRepository(home, { path: repoPath })
  const env = { ANTHROPIC_API_KEY: key }
  const inForce = SettingsStore.open(home, silentLog)
  const provisions = await provisionsOf({ home, settings: inForce, env, machines: processDriver(folder, ''), repoPath })
  const task = { ...foldTask(eventsOfGoodTask(repoPath).slice(0, 3), home), ...changes }
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

test('the machine of a task runs the check of its policy, and that of a judge, whose work is never merged, none', async () => {
  const mergePolicy = { kind: 'check', command: 'npm test', timeoutMs: 90_000 } as const
  const checks = async (changes: Partial<Task>) =>
    (await shareUnder({}, changes)).environment.filter((line) => line.startsWith('MICROVM_CHECK'))
  expect(await checks({ mergePolicy })).toEqual(['MICROVM_CHECK=npm test', 'MICROVM_CHECK_SECONDS=90'])
  expect(await checks({ mergePolicy, judges: 'a1b2c3d4' })).toEqual([])
  expect(await checks({})).toEqual([])
})
