import { spawn } from 'node:child_process'
import type { RawData, WebSocket } from 'ws'

/** https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go */
export const execProtocol = 'v5.channel.k8s.io'
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const

/** Runs a program in a container, as a node does: its streams are channels of a WebSocket, and its end a Status. */
export function execIn(socket: WebSocket, [file = '', ...args]: readonly string[], env: Record<string, string>): void {
  const child = spawn(file, args, { stdio: 'pipe', cwd: '/', env: { PATH: process.env.PATH, ...env } })
  const send = (channel: number, bytes: Buffer): void => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.of(channel), bytes]))
  }
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (bytes: Buffer) => send(channels.stdout, bytes))
  child.stderr.on('data', (bytes: Buffer) => send(channels.stderr, bytes))
  socket.on('message', (data: RawData, isBinary: boolean) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(data as Buffer[])
    if (!isBinary || bytes.length === 0) return socket.close(1002, 'a channel of bytes was wanted')
    const [channel, rest] = [bytes[0], bytes.subarray(1)]
    if (channel === channels.stdin) child.stdin.write(rest)
    else if (channel === channels.close && rest[0] === channels.stdin) child.stdin.end()
    else socket.close(1002, `channel ${channel} is none of a client's`)
  })
  socket.on('error', () => undefined) // `close` follows.
  socket.on('close', () => child.kill('SIGKILL'))
  child.on('close', (code) => {
    const causes = [{ reason: 'ExitCode', message: String(code ?? 137) }]
    const status =
      code === 0
        ? { metadata: {}, status: 'Success' }
        : { metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', message: 'it failed', details: { causes } }
    send(channels.error, Buffer.from(JSON.stringify(status)))
    socket.close(1000)
  })
}
