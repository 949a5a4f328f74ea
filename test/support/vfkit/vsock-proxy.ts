import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/**
 * vfkit's part of a vsock device: whoever connects to the socket at `path` is connected to the one at `target`. Of the two ends one is the
 * guest's. As in vfkit 0.6, whose vsock connections cannot be closed one way: that the host has said all is never passed on to the guest,
 * which sees an end only once it has closed its own way too, or has written to a host that is gone.
 * @param isSerial the target is a serial port, which takes one connection at a time. The guest at a vsock port would end the one before when another comes.
 */
export async function vsockProxy(path: string, target: string, guest: 'near' | 'far', isSerial = false): Promise<void> {
  let former: readonly Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (isSerial) for (const socket of former) socket.destroy()
    const far = createConnection({ path: target, allowHalfOpen: true })
    former = [near, far]
    const copies = [copy(near, far, guest === 'near'), copy(far, near, guest === 'far')]
    void Promise.all(copies).then(() => {
      near.destroy()
      far.destroy()
    })
  })
  server.listen(path)
  await once(server, 'listening')
}

/** Resolves once no more can be copied this way. */
const copy = (from: Socket, to: Socket, passesEnd: boolean): Promise<void> =>
  new Promise((resolve) => {
    from.pipe(to, { end: false })
    from.once('end', () => {
      if (passesEnd) to.end()
      resolve()
    })
    for (const socket of [from, to]) socket.once('error', () => resolve()).once('close', () => resolve())
  })
