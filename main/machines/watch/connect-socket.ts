import { createConnection, type Socket } from 'node:net'

/** Connects to what listens at the path. Rejects when nobody does, or with the signal's reason. */
export async function connectSocket(path: string, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const socket = createConnection(path)
  const abort = (): void => void socket.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
  } finally {
    signal.removeEventListener('abort', abort)
  }
  socket.on('error', () => undefined) // It closes after that.
  return socket
}
