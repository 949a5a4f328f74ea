import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../main/lib/log.ts'
import { settingsPath } from '../../main/settings/settings.ts'
import { SettingsStore } from '../../main/settings/settings-store.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

async function opened(content?: object) {
  const home = await temporaryFolder()
  const write = (settings: object | string) =>
    writeFile(settingsPath(home), typeof settings === 'string' ? settings : JSON.stringify(settings))
  if (content) await write(content)
  return { home, write, store: SettingsStore.open(home, silentLog) }
}

test('what is in force follows the file: changed by us, edited, replaced by one of the same size, removed', async () => {
  const { home, write, store } = await opened()
  expect(store.current().memoryMiB).toBe(4096)
  store.change({ memoryMiB: 2048 })
  expect(store.current().memoryMiB).toBe(2048)
  await write({ memoryMiB: 3072 })
  expect(store.current().memoryMiB).toBe(3072)
  await write({ memoryMiB: 3073 })
  expect(store.requireCurrent().memoryMiB).toBe(3073)
  await rm(settingsPath(home))
  expect(store.current().memoryMiB).toBe(4096)
})

test('an edit that cannot be understood leaves what was in force, and is named until it is corrected', async () => {
  const { home, write, store } = await opened({ egress: 'closed' })
  await write('{"egress": ')
  expect(store.current().egress).toBe('closed')
  expect(store.fault?.message).toContain(join(home, 'settings.json'))
  expect(() => store.requireCurrent()).toThrow('settings.json')
  await write({ egress: ['github.com'] })
  expect(store.fault).toBeNull()
  expect(store.requireCurrent().egress).toEqual(['github.com'])
})

test('settings that are taken at the start stay as they were, and what the file says of them waits', async () => {
  const { write, store } = await opened({ port: 9_000 })
  store.startedWith({ port: 9_001, auth: true })
  await write({ port: 9_000, runsPerMinute: 5, allowedHosts: ['box'], queue: true })
  expect(store.current()).toMatchObject({ port: 9_001, auth: true, runsPerMinute: 60, allowedHosts: [], queue: true })
  expect(store.atNextStart()).toEqual({ port: 9_000, auth: false, runsPerMinute: 5, allowedHosts: ['box'] })
  await write({ port: 9_001, auth: true })
  expect(store.atNextStart()).toEqual({})
})

test('a watcher is called for its own keys alone, also when nobody asks, until it ends', async () => {
  const { write, store } = await opened()
  const heard: string[] = []
  const end = store.watch(['warmMachines', 'port'], () => heard.push('mine'))
  store.watch(['queue'], () => heard.push('other'))
  await write({ warmMachines: 2 })
  await until(async () => heard.length > 0)
  expect(heard).toEqual(['mine'])
  await write({ warmMachines: 2, port: 9_000 })
  await until(async () => heard.length > 1)
  end()
  await write({ warmMachines: 3, port: 9_000, queue: true })
  await until(async () => heard.length > 2)
  expect(heard).toEqual(['mine', 'mine', 'other'])
  store[Symbol.dispose]()
})

test('properties that were added to an object are read at each use', async () => {
  const { store } = await opened()
  const options = store.addTo({ home: '/home' }, ['cpus', 'queue'])
  store.change({ cpus: 7, queue: true })
  expect({ ...options }).toEqual({ home: '/home', cpus: 7, queue: true })
})
