import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { packageDirectory } from '../../../main/lib/files/paths.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../temporary.ts'
import { until } from '../until.ts'
import { vsockProxy } from './vsock-proxy.ts'

/** A server of the host's behind vfkit's proxy, whose other end is the guest's. */
async function proxied(serve: (socket: Socket) => void) {
  const folder = await temporaryFolder()
  const [target, path] = [join(folder, 'host.sock'), join(folder, 'guest.sock')]
  const server: Server = createServer({ allowHalfOpen: true }, serve).listen(target)
  await once(server, 'listening')
  await vsockProxy(path, target, 'near')
  return { path, folder }
}

const guestOf = (path: string): Socket => {
  const guest = createConnection({ path, allowHalfOpen: true })
  onTestFinished(() => void guest.destroy())
  return guest
}

test('a server that says something and ends is seen by the guest as open, until the guest closes too', async () => {
  let isEnded = false
  const { path } = await proxied((socket) => {
    socket.once('close', () => {
      isEnded = true
    })
    socket.end('hello')
  })
  const guest = guestOf(path)
  let said = ''
  guest.on('data', (chunk) => {
    said += chunk
  })
  await until(async () => said === 'hello')
  // The proxy has read the end by now: what a second connection is told comes after it.
  await once(guestOf(path), 'data')
  expect([guest.readableEnded, isEnded]).toEqual([false, false])
  guest.end()
  await once(guest, 'end')
})

test('a guest that closes first gets the whole answer and its end', async () => {
  const { path } = await proxied((socket) => void text(socket).then((asked) => socket.end(`you said ${asked}`)))
  const guest = guestOf(path)
  guest.end('all')
  expect(await text(guest)).toBe('you said all')
})

test('a guest that writes to a host that is gone is closed', async () => {
  const { path } = await proxied((socket) => void socket.end('bye', () => socket.destroy()))
  const guest = guestOf(path).on('error', () => undefined)
  await once(guest, 'data')
  const writing = setInterval(() => guest.write('are you there?'), 10)
  await until(() => guest.destroyed)
  clearInterval(writing)
})

test('a host that nobody answers for closes the guest', async () => {
  const folder = await temporaryFolder()
  await vsockProxy(join(folder, 'guest.sock'), join(folder, 'nobody.sock'), 'near')
  await once(guestOf(join(folder, 'guest.sock')).resume(), 'end')
})

test("the guest's own net ends what stays open so: the options of its forwards, with a short patience", async () => {
  const { path } = await proxied((socket) => void socket.end('hello'))
  const script = await readFile(join(packageDirectory(), 'nix', 'forwards.sh'), 'utf8')
  const options = /socat ((?:-\w \d+ )+)"TCP-LISTEN/.exec(script)?.[1] ?? ''
  expect(options).toMatch(/-T 600 /)
  const short = options.trim().replace('-T 600', '-T 1').split(' ')
  // A client that waits for the end with its own way open, as one does that reads an answer of unknown length.
  const client = ['-u', `EXEC:socat ${short.join(' ')} - UNIX-CONNECT\\:${path}`, 'STDOUT']
  expect(await run('socat', client)).toMatchObject({ ok: true, stdout: 'hello' })
})

test('a serial port in the place of a vsock port is let go when the host comes again, and not before', async () => {
  const folder = await temporaryFolder()
  const [target, path] = [join(folder, 'serial.sock'), join(folder, 'host.sock')]
  const taken: Socket[] = []
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => void taken.push(socket)).listen(target)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  await vsockProxy(path, target, 'far', true)
  const first = guestOf(path)
  await until(async () => taken.length === 1)
  taken[0]?.resume()
  const letGo = once(taken[0] ?? server, 'end')
  first.destroy()
  guestOf(path).write('again')
  await letGo
  await until(async () => taken.length === 2)
  expect(String(await once(taken[1] ?? server, 'data'))).toBe('again')
})
