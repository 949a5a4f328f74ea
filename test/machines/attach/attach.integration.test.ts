import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { GuestLine } from '../../../main/machines/attach/guest-line.ts'
import type { LineStream } from '../../../main/machines/attach/line-stream.ts'
import { openProcessLine } from '../../support/machines/process-line.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal
const size = { rows: 24, columns: 80 }

/** A line whose other end is the guest's own program. */
async function guestLine(folder?: string): Promise<GuestLine> {
  const line = await GuestLine.begin(await openProcessLine(folder ?? (await temporaryFolder())), never)
  onTestFinished(() => line.close())
  return line
}

/** Resolves when the words have been shown. */
async function shows(stream: LineStream, words: string): Promise<string> {
  let shown = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    shown += String(chunk)
    if (shown.includes(words)) return shown
  }
  throw new Error(`It ended without '${words}': ${shown}`)
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a shell echoes, has the size of the screen, hears that it changed, and ends by itself', async () => {
  const line = await guestLine()
  const shell = await line.open({ kind: 'shell', size }, never)
  shell.write('echo "here: $TERM $(stty size)"\n')
  expect(await shows(shell, 'here: xterm-256color 24 80\r\n')).toBeTruthy()
  shell.write('trap \'echo "now: $(stty size)"\' WINCH; echo tr""apped\n')
  await shows(shell, 'trapped')
  shell.resize({ rows: 50, columns: 132 })
  shell.write('sleep 0.1\n')
  await shows(shell, 'now: 50 132\r\n')
  shell.write('exit\n')
  await text(shell)
  expect(line.isOpen).toBe(true)
})

test('what a shell left running at its terminal does not keep it open, and its screen is hung up when it is closed', async () => {
  const line = await guestLine()
  const shell = await line.open({ kind: 'shell', size }, never)
  shell.write('sleep 600 & echo started; exit\n')
  await text(shell)
  const other = await line.open({ kind: 'shell', size }, never)
  other.write('(trap "echo hung up >hung-up; exit" HUP; echo wa""its; while :; do sleep 0.1; done)\n')
  await shows(other, 'waits')
  other.destroy()
  const third = await line.open({ kind: 'shell', size }, never)
  third.write('until [ -e hung-up ]; do sleep 0.1; done; cat hung-up\n')
  await shows(third, 'hung up\r\n')
})

test('a shell that floods its screen keeps no other one waiting, and is held where nobody reads', async () => {
  const line = await guestLine()
  const [flood, calm] = [
    await line.open({ kind: 'shell', size }, never),
    await line.open({ kind: 'shell', size }, never),
  ]
  flood.write('yes flood\n')
  await once(flood, 'readable')
  for (let round = 0; round < 20; round += 1) {
    calm.write(`echo round $((${round} + 100))\n`)
    await shows(calm, `round ${round + 100}`)
  }
  expect(flood.readableLength).toBeLessThan(400_000)
  flood.resume()
  calm.write('echo "still "here\n')
  await shows(calm, 'still here')
})

test('a port of the guest is reached, both ways and half closed, by 127.0.0.1 or ::1; one where nothing listens says so', async () => {
  const port = await listening(
    createServer({ allowHalfOpen: true }, async (socket) => {
      socket.end(`said: ${await text(socket)}`)
    }),
  )
  const line = await guestLine()
  const stream = await line.open({ kind: 'port', port }, never)
  stream.end('hello')
  expect(await text(stream)).toBe('said: hello')

  const only6 = createServer((socket) => socket.end('six')).listen(0, '::1')
  onTestFinished(() => void only6.close())
  await once(only6, 'listening')
  const { port: port6 } = only6.address() as AddressInfo
  expect(await text(await line.open({ kind: 'port', port: port6 }, never))).toBe('six')

  await expect(line.open({ kind: 'port', port: 1 }, never)).rejects.toMatchObject({
    code: 'guest-failed',
    message: 'Nothing listens on port 1 of this machine',
  })
  expect(line.isOpen).toBe(true)
})

test('megabytes go both ways, on many streams at once, unchanged', async () => {
  const port = await listening(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)))
  const line = await guestLine()
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 31) % 251))
  const received = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const stream = await line.open({ kind: 'port', port }, never)
      stream.end(sent)
      return Buffer.concat(await stream.toArray())
    }),
  )
  for (const bytes of received) expect(bytes.equals(sent)).toBe(true)
})

test('the ports at which a program listens are told, each once', async () => {
  const port = await listening(createHttpServer())
  // What the kernel shows of this host is what the program reads of its guest.
  const folder = await temporaryFolder()
  const line = await guestLine(folder)
  const stream = await line.open({ kind: 'ports' }, never)
  const ports = (await text(stream)).split(' ').map(Number)
  expect(ports.filter((each) => each === port)).toEqual([port])
  expect(ports.toSorted((a, b) => a - b)).toEqual(ports)
})

test('no more than 48 ports are open at a time, with room for a shell beside them; one that is closed makes room', async () => {
  const port = await listening(createServer())
  const line = await guestLine()
  const streams = await Promise.all(Array.from({ length: 48 }, () => line.open({ kind: 'port', port }, never)))
  await expect(line.open({ kind: 'port', port }, never)).rejects.toMatchObject({ code: 'task-busy' })
  await line.open({ kind: 'shell', size: { rows: 24, columns: 80 } }, never)
  streams[0]?.destroy()
  await expect.poll(() => line.open({ kind: 'port', port }, never).then(() => 'open', String)).toBe('open')
})
