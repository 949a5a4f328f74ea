import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A connection to the socket of a program that is still starting. The path exists before the program listens there, so
 * that a look at the path would be too early now and then.
 */
export async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = createConnection({ path, allowHalfOpen: true })
    try {
      await once(socket, 'connect')
      return socket
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error
      await sleep(10)
    }
  }
}
