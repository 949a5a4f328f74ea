import type { Socket } from 'node:net'
import { connectSocket } from './connect-socket.ts'

/**
 * Tells a guest the host's time over a line of its own, on which it waits: a serial port of QEMU, a vsock port of vfkit. The connection
 * is kept, so that the guest can wait without asking. What the guest says on it is thrown away.
 */
export class ClockLine {
  readonly #path: string
  #socket: Socket | undefined

  /** @param path the hypervisor's end of the line. */
  constructor(path: string) {
    this.#path = path
  }

  /** Connects, or stays connected. Throws when no one listens. */
  async open(signal: AbortSignal): Promise<Socket> {
    if (this.#socket?.writable) return this.#socket
    const socket = await connectSocket(this.#path, signal)
    this.#socket = socket
    socket.resume()
    return socket
  }

  /** Resolves when the hypervisor has taken the message; a guest that does not listen takes it later, or never. */
  async tell(signal: AbortSignal, now: () => number = Date.now): Promise<void> {
    const socket = await this.open(signal)
    const line = `${(now() / 1000).toFixed(3)}\n`
    await new Promise<void>((resolve, reject) => socket.write(line, (error) => (error ? reject(error) : resolve())))
  }

  close(): void {
    this.#socket?.destroy()
  }
}
