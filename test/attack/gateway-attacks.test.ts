import { expect, test } from 'vitest'
import { askedVerdicts, askScript, harmToNaiveGateway, sendInTurn } from '../../main/attack/ask-gateway.ts'
import { gatewayAttacks, honestRequest, plantedSecret } from '../../main/attack/catalog/gateway-attacks.ts'
import { openRecordingApi } from '../../main/attack/recording-api.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { testGateway } from '../support/web/gateway.ts'

const key = 'sk-ant-api03-of-the-user'

test.each(gatewayAttacks.map((attack) => [attack.name, attack] as const))(
  '%s: harms a naive gateway, and not this one',
  async (_, attack) => {
    await using api = await openRecordingApi()
    const gateway = await testGateway({
      hosts: [api.host],
      api: { url: `http://${api.host}`, credential: { header: 'x-api-key', key } },
      secrets: [plantedSecret(api.host)],
    })
    await sendInTurn(gateway.port, [honestRequest, ...attack.bytes(api.host)])
    expect(await askedVerdicts([attack], api.seen, key)).toMatchObject([{ broken: [], proof: expect.any(String) }])
  },
)

test('what a secret is for comes to its host, so that the attack on it shows something', async () => {
  await using api = await openRecordingApi()
  const gateway = await testGateway({ secrets: [plantedSecret(api.host)] })
  await sendInTurn(gateway.port, gatewayAttacks.find(({ rule }) => rule.startsWith('secrets'))?.bytes(api.host) ?? [])
  const read = { method: 'GET', path: '/read', key: 'planted-secret-of-the-user', body: '' }
  expect(api.seen).toEqual([read, read])
})

test('what a guest did to the API counts, and so does an API that heard nothing', async () => {
  const [attack] = gatewayAttacks
  if (!attack) throw new Error('no attacks')
  const stolen = { method: 'GET', path: '/v1/files/in-a-length', key, body: '' }
  const [verdict] = await askedVerdicts([attack], [stolen], key)
  expect(verdict?.broken).toEqual([expect.stringContaining('for files'), expect.stringContaining('nothing was shown')])
  expect(await harmToNaiveGateway({ ...attack, bytes: () => [honestRequest] }, key)).toBeNull()
})

test('the guest sends each byte as it is written', async () => {
  const script = askScript(gatewayAttacks, 'http://10.0.2.101:3128', '127.0.0.1:1')
  expect((await run('bash', ['-n'], { input: script })).ok).toBe(true)
  const sent = [...script.matchAll(/echo (\S+) \| base64 -d/g)].map(([, text]) =>
    Buffer.from(text ?? '', 'base64').toString('latin1'),
  )
  expect(sent).toEqual([honestRequest, ...gatewayAttacks.flatMap((attack) => attack.bytes('127.0.0.1:1'))])
})
