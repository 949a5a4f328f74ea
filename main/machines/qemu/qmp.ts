import { createConnection, type Socket } from 'node:net'
import { z } from 'zod'

const lineLimit = 1 << 20

const messageSchema = z.union([
  z.object({ QMP: z.object({ capabilities: z.array(z.unknown()) }) }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() }),
  z.object({ id: z.number(), return: z.unknown() }),
  z.object({ id: z.number(), error: z.object({ class: z.string(), desc: z.string() }) }),
])

export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Its name, or with its arguments. */
type QmpCommand = string | { readonly execute: string; readonly arguments: Readonly<Record<string, unknown>> }

/** A connection to QEMU's control socket. QEMU serves one at a time: a second one waits in line without a word. */
export interface Qmp {
  /** @throws when QEMU refuses the command, or the connection ends first. */
  execute(command: QmpCommand, signal: AbortSignal): Promise<unknown>
  /** Resolves when the connection is over, for whatever reason; never rejects. */
  readonly closed: Promise<void>
  /** Ends the connection; QEMU goes on. */
  close(): void
}

/**
 * Connects and negotiates. Events are reported from the first one on.
 * @throws when no one listens, the signal fires or the other side does not speak QMP.
 */
export async function connectQmp(path: string, onEvent: (event: QmpEvent) => void, signal: AbortSignal): Promise<Qmp> {
  signal.throwIfAborted()
  const socket = createConnection(path)
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const greeted = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  let failure = new Error('QEMU closed its control socket')
  let lastId = 0

  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => {
    greeted.reject(failure)
    for (const { reject } of pending.values()) reject(failure)
    pending.clear()
    closed.resolve()
  })
  readLines(socket, (line) => {
    const message = messageSchema.parse(JSON.parse(line))
    if ('QMP' in message) greeted.resolve()
    else if ('event' in message) onEvent({ name: message.event, data: message.data ?? {} })
    else {
      const command = pending.get(message.id)
      pending.delete(message.id)
      if ('error' in message) command?.reject(new Error(`QEMU: ${message.error.desc}`))
      else command?.resolve(message.return)
    }
  })

  const execute = async (command: QmpCommand, cancel: AbortSignal): Promise<unknown> => {
    cancel.throwIfAborted()
    if (socket.destroyed) throw failure
    const id = ++lastId
    const answer = Promise.withResolvers<unknown>()
    pending.set(id, answer)
    const abandon = () => answer.reject(cancel.reason)
    cancel.addEventListener('abort', abandon)
    socket.write(`${JSON.stringify({ ...(typeof command === 'string' ? { execute: command } : command), id })}\n`)
    try {
      return await answer.promise
    } finally {
      pending.delete(id)
      cancel.removeEventListener('abort', abandon)
    }
  }

  // The signal is for connecting: it must not end a connection that stands.
  const abandon = () => socket.destroy(signal.reason)
  signal.addEventListener('abort', abandon)
  try {
    await greeted.promise
    await execute('qmp_capabilities', signal)
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abandon)
  }
  return { execute, closed: closed.promise, close: () => socket.destroy() }
}

/** A line that is too long, or one that `onLine` cannot read, ends the connection with that error. */
function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    try {
      for (const line of lines) if (line.trim() !== '') onLine(line)
      if (rest.length > lineLimit) throw new Error(`QEMU sent a line of more than ${lineLimit} characters`)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
}
