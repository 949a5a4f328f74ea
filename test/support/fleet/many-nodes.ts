import { createServer, type Socket } from 'node:net'
import { FrameReader, frameHead } from '../../../main/fleet/frames.ts'
import { preamble } from '../../../main/fleet/preamble.ts'
import { dataBytes, limitsAtNode, type ToHome, type ToNode } from '../../../main/fleet/protocol.ts'

/**
 * Keepers of any number of tasks in one process, `many-nodes.ts SOCKET`: each connection names its seat in its first line, is spoken to as a keeper does, and
 * is told console and stream until SIGUSR2; then the tasks end without a machine's work.
 */
const [path = ''] = process.argv.slice(2)
const chunk = Buffer.from(`${JSON.stringify({ type: 'assistant', text: 'x'.repeat(2_000) })}\n`)
const status = { phase: 'working', why: null, hasMachine: true, hasAgent: true, stopReason: null } as const
const talkMs = 1_000
const ends = new Set<() => void>()

function serve(socket: Socket): void {
  const reader = new FrameReader({ ...limitsAtNode, dataBytes })
  const send = (channel: number, bytes: Buffer): void => {
    socket.write(frameHead(channel, bytes.length))
    socket.write(bytes)
  }
  const say = (message: ToHome): void => send(0, Buffer.from(JSON.stringify(message)))
  const work = (): void => {
    say({ type: 'status', status: { ...status, notes: [], waits: null, read: [] } })
    const talking = setInterval(() => {
      send(2, chunk)
      send(3, chunk)
    }, talkMs)
    ends.add(() => {
      clearInterval(talking)
      say({ type: 'done', end: { kind: 'failed', failure: { code: 'interrupted', message: 'It is over' } } })
    })
  }
  let isNamed = false
  socket.on('error', () => undefined)
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes
    if (!isNamed) {
      const at = bytes.indexOf('\n')
      if (at < 0) return
      isNamed = true
      socket.write(preamble)
      rest = bytes.subarray(at + 1)
    }
    for (const { channel, payload } of reader.add(rest)) {
      if (channel !== 0) continue
      const message = JSON.parse(payload.toString()) as ToNode
      if (message.type === 'follow')
        say({ type: 'hello', protocol: message.protocol, node: 'one-of-many', seat: 'empty', run: 0 })
      if (message.type === 'prepare') say({ type: 'has', commits: [message.startCommit] })
      if (message.type === 'assign') work()
      if (message.type === 'taken') socket.end()
    }
  })
}

createServer(serve).listen(path, () => process.stdout.write('listening\n'))
process.on('SIGUSR2', () => {
  for (const end of ends) end()
})
