import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { windowDirectory } from '../support/window/build-window.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'
import { workingTask } from '../support/working-task.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

interface Seen {
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** What listens on a port of this host, which is the machine's too, and writes down what it is asked. */
async function listening(answer: (server: Server) => void): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer((request) => seen.push({ url: request.url ?? '', headers: request.headers }))
  answer(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, seen }
}

/** A hostile agent's server: its page does its worst, and says when it is through. */
const hostile = (server: Server): void => {
  server.on('request', (request, response) => {
    response.setHeader('set-cookie', ['all=1; Domain=localhost; Path=/', 'own=1; Path=/'])
    if (request.url !== '/attack') return response.end('taken')
    response.setHeader('content-type', 'text/html')
    return response.end(`<title>begins</title><script>(async () => {
      const others = location.hash.slice(1).split(',')
      document.cookie = 'script=1; domain=localhost; path=/'
      for (const other of others) {
        await fetch(other + '/steal', { mode: 'no-cors', credentials: 'include' }).catch(() => undefined)
        await fetch(other + '/steal', { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => undefined)
        await new Promise((done) => { const socket = new WebSocket(other.replace('http', 'ws') + '/steal'); socket.onerror = socket.onclose = done })
        await new Promise((done) => { const frame = document.createElement('iframe'); frame.src = other + '/steal'; frame.onload = done; document.body.append(frame) })
      }
      await fetch('/own')
      document.title = 'through'
    })()</script><body></body>`)
  })
}

async function openWindow(url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1180, height: 760 }, reducedMotion: 'reduce' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  await page.goto(url)
  await page.getByRole('heading', { name: 'Slots', level: 1 }).waitFor()
  return page
}

test('a port at which the agent listens is offered, opens in a page of its own, and its WebSocket passes', async () => {
  const { port } = await listening((server) => {
    server.on('request', (_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<title>Preview</title><p>waits</p><script>
        const socket = new WebSocket('ws://' + location.host + '/hmr')
        socket.onmessage = ({ data }) => { document.querySelector('p').textContent = data }
      </script>`)
    })
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      socket.write(Buffer.concat([Buffer.from([0x81, 7]), Buffer.from('updated')]))
    })
  })
  const { server, id } = await workingTask({ page: windowDirectory })
  const page = await openWindow(server.pageUrl)
  await page.evaluate((hash) => (location.hash = hash), `task/${id}?tab=terminal`)
  const preview = page.waitForEvent('popup')
  await page.getByRole('textbox', { name: 'Preview port' }).fill(String(port))
  await page.getByRole('button', { name: 'Open', exact: true }).click()
  const shown = await preview
  await shown.getByText('updated').waitFor()
  expect(new URL(shown.url()).hostname).toMatch(new RegExp(`^${id}-${port}-[0-9a-f]{16}\\.localhost$`))
  await page.getByRole('link', { name: `Port ${port} of ${id}` }).waitFor()
})

test("an agent's page gets no cookie of the window's host, sets none for others, and reaches neither the window nor another preview", async () => {
  const target = await listening((server) => server.on('request', (_request, response) => response.end('other')))
  const evil = await listening(hostile)
  const { server, id } = await workingTask({ page: windowDirectory })
  const page = await openWindow(server.pageUrl)
  // An earlier version kept its session like this; other programs of this host still do.
  const window = `http://127.0.0.1:${server.port}`
  await page.context().addCookies([
    { name: 'microvm-window', value: 'SECRET', url: window, httpOnly: true, sameSite: 'Strict' },
    { name: 'local', value: 'SECRET', url: `http://localhost:${server.port}` },
  ])
  const openPreview = (port: number) => server.window.calls.openPreview({ id, port }, new AbortController().signal)
  const [{ url }, { url: other }] = [await openPreview(evil.port), await openPreview(target.port)]
  const others = [window, `http://localhost:${server.port}`, other.replace(/\/$/, '')]
  await page.goto(`${url}attack#${others.join(',')}`)
  await expect.poll(() => page.title()).toBe('through')

  expect(evil.seen.map((each) => each.url).toSorted()).toContain('/own')
  for (const { url, headers } of evil.seen) {
    expect(`${url} ${headers.cookie ?? ''}`).not.toMatch(/SECRET|all=|script=/)
    expect(headers.authorization).toBeUndefined()
  }
  expect(evil.seen.find((each) => each.url === '/own')?.headers.cookie).toBe('own=1')
  // Nothing that it asked of the other preview got to that one's server.
  expect(target.seen).toEqual([])
  // And its cookies are its own: no other name of this host has them.
  const cookies = await page.context().cookies([window, `http://localhost:${server.port}`, other])
  expect(cookies.map(({ name }) => name).toSorted()).toEqual(['local', 'microvm-window'])

  // On a naive preview, which is served at an address of this host, the same page gets what is the window's.
  await page.goto(`http://127.0.0.1:${evil.port}/attack#${window}`)
  await expect.poll(() => page.title()).toBe('through')
  expect(evil.seen.some(({ headers }) => headers.cookie?.includes('SECRET'))).toBe(true)
})
