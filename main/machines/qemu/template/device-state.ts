import { chmod } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { orAborted } from '../../../lib/or-aborted.ts'
import { connectSocket } from '../../watch/connect-socket.ts'
import type { Qmp } from '../qmp.ts'

/** Without the memory it is less than a MiB, the BIOS included. */
const mostBytes = 64 << 20
const pollMs = 5

const statusSchema = z.object({ status: z.string().optional(), 'error-desc': z.string().optional() })

/** That memory which others can map is no part of the state: it is saved and loaded apart. Both sides have to be told. */
const withoutMemory = {
  execute: 'migrate-set-capabilities',
  arguments: { capabilities: [{ capability: 'x-ignore-shared', state: true }] },
}

/** The state of a stopped machine's devices. @param path for a socket, in a folder that QEMU can enter. */
export async function takeState(qmp: Qmp, path: string, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = []
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => undefined)
  const server = createServer((socket) => collect(socket, parts).then(ended.resolve, ended.reject))
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
    await chmod(path, 0o666) // Its folder belongs to QEMU's user alone.
    await qmp.execute(withoutMemory, signal)
    await qmp.execute({ execute: 'migrate', arguments: { uri: `unix:${path}` } }, signal)
    await untilMigrated(qmp, signal)
    await orAborted(ended.promise, signal)
  } finally {
    server.close()
  }
  return Buffer.concat(parts)
}

/** Gives it to a QEMU that was started with `-incoming defer` and whose memory is there. Its guest stands still then. */
export async function giveState(qmp: Qmp, path: string, state: Buffer, signal: AbortSignal): Promise<void> {
  await qmp.execute(withoutMemory, signal)
  await qmp.execute({ execute: 'migrate-incoming', arguments: { uri: `unix:${path}` } }, signal)
  const socket = await connectSocket(path, signal)
  socket.end(state)
  try {
    await untilMigrated(qmp, signal)
  } finally {
    socket.destroy()
  }
}

async function untilMigrated(qmp: Qmp, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { status, 'error-desc': why } = statusSchema.parse(await qmp.execute('query-migrate', signal))
    if (status === 'completed') return
    if (status === 'failed' || status === 'cancelled') throw new Error(`QEMU: ${why ?? `the migration was ${status}`}`)
    await sleep(pollMs, undefined, { signal })
  }
}

async function collect(socket: Socket, parts: Buffer[]): Promise<void> {
  let bytes = 0
  for await (const part of socket as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > mostBytes) throw new Error('The state of the devices is too large')
    parts.push(part)
  }
}
