import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { requestOverSocket } from '../../../main/lib/http/http-socket.ts'
import { vfkitControl } from '../../../main/machines/vfkit/rest.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const soon = () => AbortSignal.timeout(20_000)

async function serve(listener: RequestListener): Promise<string> {
  const socket = join(await temporaryFolder(), 'rest.sock')
  const server = createServer(listener).listen(socket)
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return socket
}

const running = {
  ...{ state: 'VirtualMachineStateRunning', canStart: false, canPause: true, canResume: false },
  ...{ canStop: true, canHardStop: true },
}

test('a state is read, and a change is asked for as vfkit documents them', async () => {
  const asked: string[] = []
  const socket = await serve((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`)
      if (request.method === 'POST') response.writeHead(202).end()
      else response.end(JSON.stringify(running))
    })
  })
  const control = vfkitControl(socket)
  expect(await control.state(soon())).toEqual({
    ...{ state: 'VirtualMachineStateRunning', canPause: true, canResume: false, canStop: true, canHardStop: true },
  })
  await control.change('HardStop', soon())
  expect(asked).toEqual(['GET /vm/state ', 'POST /vm/state {"state":"HardStop"}'])
})

test.each([
  ['a state that vfkit has not', 200, JSON.stringify({ ...running, state: 'Dreaming' }), 'Invalid option'],
  ['no JSON', 200, '<html>', 'JSON'],
  [
    'a refusal',
    500,
    JSON.stringify({ error: 'Invalid virtual machine state transition' }),
    'vfkit answered 500 to GET /vm/state',
  ],
  ['an answer without end', 200, 'x'.repeat((1 << 20) + 1), 'too long'],
])('%s is an error that tells it', async (_, status, text, reason) => {
  const socket = await serve((_request, response) => void response.writeHead(status).end(text))
  await expect(vfkitControl(socket).state(soon())).rejects.toThrow(reason)
})

test('a refused change tells why', async () => {
  const socket = await serve((_, response) => void response.writeHead(500).end('{"error":"no transition"}'))
  await expect(vfkitControl(socket).change('Pause', soon())).rejects.toThrow('no transition')
})

test('nobody at the socket, and one who never answers, are errors when the signal fires', async () => {
  const nowhere = join(await temporaryFolder(), 'none.sock')
  await expect(vfkitControl(nowhere).state(soon())).rejects.toThrow('ENOENT')
  const silent = await serve(() => undefined)
  const cancel = new AbortController()
  const asked = requestOverSocket({ socketPath: silent, method: 'GET', path: '/vm/state' }, cancel.signal)
  setImmediate(() => cancel.abort(new Error('enough')))
  await expect(asked).rejects.toThrow()
})
