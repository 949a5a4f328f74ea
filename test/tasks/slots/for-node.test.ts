import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { GatewayConfig } from '../../../main/core/network/gateway.ts'
import type { GatewaySecret } from '../../../main/core/network/secret.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { SettingsStore } from '../../../main/settings/settings-store.ts'
import { requireForNode } from '../../../main/tasks/slots/for-node.ts'
import { provisionsOf } from '../../../main/tasks/slots/provisions-of.ts'
import { processDriver } from '../../support/machines/process-driver.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const place = { name: 'desk', key: 'node' } as const
const asking = (url: string): GatewayConfig => ({ hosts: [], api: { url, credential: null, serverTools: 'allow' } })
const secret = {
  ...{ name: 'TOKEN', origin: 'https://git.example', path: '/', header: { name: 'Authorization', value: 'Bearer t' } },
  ...({ methods: ['GET'], tools: [], tokenOrigins: [], hidden: ['t'] } as const),
} as const satisfies GatewaySecret

test('a place that has the key is given no secret, and no API that is on this host alone', () => {
  requireForNode(place, asking('https://api.anthropic.com/'))
  requireForNode(place, undefined)
  for (const url of ['http://127.0.0.1:4000', 'http://localhost', 'http://gateway.localhost', 'http://[::1]:4000'])
    expect(() => requireForNode(place, asking(url)), url).toThrow(/is this host alone/)
  expect(() => requireForNode(place, { hosts: [], api: null, secrets: [secret] })).toThrow(/has secrets/)
})

test('what a task at a place is given says so before it is accepted; its guest has a stand-in wherever the key is', async () => {
  const folder = await temporaryFolder()
  const [home, repoPath] = [join(folder, 'home'), join(folder, 'project')]
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path: repoPath })
  const settings = SettingsStore.open(home, silentLog)
  const given = (key: 'home' | 'node', url: string) =>
    provisionsOf({
      ...{ home, settings, machines: processDriver(folder, ''), repoPath, place: { name: 'desk', key } },
      env: { ANTHROPIC_API_KEY: 'sk-ant-api03-of-the-user', ANTHROPIC_BASE_URL: url },
    })
  for (const key of ['home', 'node'] as const) {
    const { key: ofGuest, gateway } = await given(key, 'https://api.example/')
    expect(ofGuest.value).not.toContain('of-the-user')
    expect(gateway?.api?.credential?.key).toBe('sk-ant-api03-of-the-user')
  }
  expect(await given('home', 'http://127.0.0.1:4000')).toBeDefined()
  await expect(given('node', 'http://127.0.0.1:4000')).rejects.toMatchObject({ code: 'place-refused' })
})
