import { expect, test } from 'vitest'
import type { McpClient } from '../../main/mcp/clients.ts'
import { until } from '../support/until.ts'
import { connect, startEndpoint } from '../support/web/mcp-endpoint.ts'

test('who speaks MCP is told by name, while there and after', async () => {
  let clients: readonly McpClient[] = []
  const { url } = await startEndpoint({
    onClients: (known) => {
      clients = known
    },
  })
  const first = await connect(url)
  const second = await connect(url)
  // The SDK's client holds a stream of events open; both are one to a person.
  await until(() => clients.length === 1 && clients[0]?.connected === true)
  expect(clients).toEqual([{ name: 'test', version: '0', connected: true }])
  await first.close()
  await second.close()
  await until(() => clients.every(({ connected }) => !connected))
})
