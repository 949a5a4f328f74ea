import { requireTaskId } from '../../api/views.ts'
import { windowOfServer } from '../../web/window-of-server.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { mostTypedBytes } from './attach.ts'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Standard input and output are one end of an SSH connection, whose other end is in the machine of a task. Resolves when either side has ended it.
 * @param host `ID.microvm`, or the id alone.
 */
export async function sshProxy(
  terminal: Terminal,
  host: string,
  input: NodeJS.ReadStream = process.stdin,
): Promise<void> {
  const id = requireTaskId(host.replace(/\.microvm$/, ''))
  const call = await windowOfServer(terminal.home)
  const { shell } = await call('openSsh', { id })
  const left = Promise.withResolvers<'left'>()
  const leave = (): void => left.resolve('left')
  for (const signal of endingSignals) process.on(signal, leave)
  const sent = sendAll(input, (data) => call('writeShell', { shell, data }))
  sent.then(leave, leave)
  try {
    for (let after = 0; ; ) {
      const piece = await Promise.race([call('readShell', { shell, after }), left.promise])
      if (piece === 'left') return
      await terminal.write(Buffer.from(piece.data, 'base64'))
      if (piece.ended) return
      after = piece.next
    }
  } finally {
    for (const signal of endingSignals) process.off(signal, leave)
    input.destroy()
    await call('closeShell', { shell }).catch(() => undefined) // It may have ended, or the server.
  }
}

/** Reads no further than the machine takes it. */
async function sendAll(input: NodeJS.ReadStream, send: (base64: string) => Promise<unknown>): Promise<void> {
  for await (const chunk of input) {
    const bytes = chunk as Buffer
    for (let at = 0; at < bytes.length; at += mostTypedBytes)
      await send(bytes.subarray(at, at + mostTypedBytes).toString('base64'))
  }
}
