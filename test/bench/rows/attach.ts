import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { silentLog } from '../../../main/lib/log.ts'
import { GuestLine } from '../../../main/machines/attach/guest-line.ts'
import type { LineStream } from '../../../main/machines/attach/line-stream.ts'
import type { Attachments } from '../../../main/tasks/contract.ts'
import { Previews } from '../../../main/web/preview/previews.ts'
import { Shells } from '../../../main/window/shells.ts'
import { openProcessLine } from '../../support/machines/process-line.ts'
import { taskId } from '../../support/tasks.ts'
import { type Bench, inPairs, timed } from '../measure.ts'

const id = taskId('abcd1234')
const size = { rows: 24, columns: 80 }

export const attach: Bench = {
  name: 'attach',
  about: "a key's echo and a preview's page over the line to a guest, whose program is a process of this host",
  async measure({ folder, quick, stack, say, signal }) {
    const line = await GuestLine.begin(await openProcessLine(folder), signal)
    stack.defer(() => line.close())
    const open = (target: Parameters<GuestLine['open']>[0]) => line.open(target, signal)
    const attachments: Attachments = {
      openShell: (_id, screen) => open({ kind: 'shell', size: screen }),
      connect: (_id, port) => open({ kind: 'port', port }),
      openSsh: () => Promise.reject(new Error('it is not measured')),
      ports: async () => [],
    }
    const pairs = quick ? 20 : 300

    say('keys that echo')
    const shells = stack.use(new Shells(attachments))
    const ours = await keptShell(shells, signal)
    const bare = await bareShell(await open({ kind: 'shell', size }))
    const echo = await inPairs(
      pairs,
      () => timed(ours),
      () => timed(bare),
    )

    say('pages')
    const server = createServer((_request, response) => response.end('x'.repeat(10_000))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => void server.close())
    const { port } = server.address() as AddressInfo
    const previews = stack.use(new Previews({ attachments, log: silentLog }))
    const url = new URL(await previews.open(id, port))
    const page = (at: number, host: string) => () => timed(() => load(at, host))
    const pages = await inPairs(pairs, page(Number(url.port), url.host), page(port, `localhost:${port}`))
    return [
      {
        what: 'a key typed in the window, to its echo',
        unit: 'ms',
        ours: echo.ours,
        against: { what: 'the same on the line itself', values: echo.theirs },
        goal: { kind: 'limit', atMost: 20 },
        notes: ['The shell is one of this host: what a guest takes comes on top.'],
      },
      {
        what: 'a page of 10 kB through a preview',
        unit: 'ms',
        ours: pages.ours,
        against: { what: 'straight from its server', values: pages.theirs },
        goal: { kind: 'limit', atMost: 20 },
      },
    ]
  },
}

/** Keys one after the other, so that none is taken for the echo of the one before it. */
function* keys(): Generator<string, never> {
  for (let at = 0; ; at += 1) yield String.fromCharCode(97 + (at % 26))
}

/** A key, and its echo as a window asks for it. */
async function keptShell(shells: Shells, signal: AbortSignal): Promise<() => Promise<void>> {
  const name = await shells.open(id, size, signal)
  let after = 0
  const type = async (text: string, echo: string): Promise<void> => {
    await shells.write(name, Buffer.from(text))
    for (let shown = ''; !shown.includes(echo); ) {
      const { data, next } = await shells.read(name, after, signal)
      after = next
      shown += Buffer.from(data, 'base64').toString()
    }
  }
  await type('echo re""ady; cat\n', 'ready')
  const typed = keys()
  return async () => {
    const key = typed.next().value
    await type(key, key)
  }
}

async function bareShell(stream: LineStream): Promise<() => Promise<void>> {
  const type = async (text: string, echo: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let shown = ''
    const onData = (chunk: Buffer): void => {
      shown += chunk.toString()
      if (shown.includes(echo)) resolve()
    }
    stream.on('data', onData)
    stream.write(text)
    await promise
    stream.off('data', onData)
  }
  await type('echo re""ady; cat\n', 'ready')
  const typed = keys()
  return async () => {
    const key = typed.next().value
    await type(key, key)
  }
}

async function load(port: number, host: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const request = get({ createConnection: () => socket, headers: { host }, path: '/' })
  const [answer] = await once(request, 'response')
  answer.resume()
  await once(answer, 'end')
  socket.destroy()
}
