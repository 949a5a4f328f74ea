import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { windowTokenPath } from '../../main/settings/endpoint-token.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { launchBrowser } from '../support/window/launch-browser.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function homeFolder(): Promise<string> {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), '{"minFreeGiB":0}')
  return home
}

async function serve(home: string, port = 0) {
  const driver = processDriver(join(home, 'run'), 'exit 0')
  const server = await startServer({ home, port, log: silentLog, env: {}, driver })
  onTestFinished(() => server.close())
  return server
}

async function newPage(): Promise<Page> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return await context.newPage()
}

/** Another program of this host, which keeps the headers of all that it is sent. */
async function otherProgram(answer: (server: Server) => void, port = 0) {
  const seen: { url: string; headers: IncomingHttpHeaders }[] = []
  const server = createServer((request) => seen.push({ url: request.url ?? '', headers: request.headers }))
  answer(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    await new Promise<unknown>((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** A page that has the browser send what it would send along to the window's own paths. */
const lure = (server: Server) =>
  server.on('request', (_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<img src="/api/window/x.png">')
  })

const isLive = (page: Page) => page.getByRole('heading', { name: 'Slots', level: 1 }).waitFor()

test('another port of this host gets the session of a naive server, and nothing of ours', async () => {
  const page = await newPage()
  const other = await otherProgram(lure)
  const asked = () => other.seen.filter(({ url }) => url === '/api/window/x.png')
  const naive = await otherProgram((server) =>
    server.on('request', (_request, response) => {
      response.setHeader('set-cookie', 'session=of-the-naive; Path=/api/window/; HttpOnly; SameSite=Strict')
      response.end('hello')
    }),
  )
  await page.goto(naive.origin)
  await page.goto(other.origin)
  await expect.poll(() => asked().length).toBe(1)
  expect(asked()[0]?.headers.cookie).toBe('session=of-the-naive')

  const home = await homeFolder()
  const server = await serve(home)
  const token = (await readFile(windowTokenPath(home), 'utf8')).trim()
  const ours = await newPage()
  await ours.goto(server.pageUrl)
  await isLive(ours)
  expect(ours.url()).not.toContain(token)
  expect(await ours.context().cookies()).toEqual([])
  await ours.goto(other.origin)
  await expect.poll(() => asked().length).toBe(2)
  expect(await ours.evaluate(() => JSON.stringify(sessionStorage))).toBe('{}')
  expect(JSON.stringify(other.seen)).not.toContain(token)
  // Back in the tab that has it, the window needs no address.
  await ours.goto(new URL(server.pageUrl).origin)
  await isLive(ours)
})

test('an open window goes on after a restart, and shows its token to nothing that took the port meanwhile', async () => {
  const home = await homeFolder()
  const first = await serve(home)
  const token = (await readFile(windowTokenPath(home), 'utf8')).trim()
  const page = await newPage()
  await page.goto(first.pageUrl)
  await isLive(page)
  await first.close()
  const impostor = await otherProgram(
    (server) => server.on('request', (_request, response) => response.end(JSON.stringify({ proof: 'believe me' }))),
    first.port,
  )
  await page.getByRole('alert').waitFor()
  await expect.poll(() => impostor.seen.filter(({ url }) => url.includes('/proof')).length).toBeGreaterThan(1)
  expect(JSON.stringify(impostor.seen)).not.toContain(token)
  await impostor.close()
  await serve(home, first.port)
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await isLive(page)
})

test('a window whose server goes before all of it is loaded keeps what it shows, and says so', async () => {
  const server = await serve(await homeFolder())
  const page = await newPage()
  const missed = page.waitForEvent('requestfailed', (request) => request.url().includes('/beside'))
  await page.route(/\/beside[^/]*\.js/, (route) => route.abort())
  await page.goto(server.pageUrl)
  await missed
  await isLive(page)
  await server.close()
  await page.getByRole('alert').waitFor()
  await isLive(page)
})

test('a part that a window could not load while its server was away is of no other program, and there once the server is back', async () => {
  const home = await homeFolder()
  const first = await serve(home)
  const page = await newPage()
  const closed = Promise.withResolvers<void>()
  const part = /\/first-run[^/]*\.js/
  const asked = page.waitForRequest(part)
  await page.route(part, async (route) => {
    await closed.promise
    await route.abort()
  })
  await page.goto(first.pageUrl)
  await asked
  await isLive(page)
  await first.close()
  const impostor = await otherProgram(
    (server) =>
      server.on('request', (_request, response) => {
        response.setHeader('content-type', 'text/javascript')
        response.end('document.body.append(sessionStorage.length)')
      }),
    first.port,
  )
  await page.getByRole('alert').waitFor()
  const missed = page.waitForEvent('requestfailed', (request) => part.test(request.url()))
  closed.resolve()
  await missed
  await page.unroute(part)
  await expect.poll(() => impostor.seen.filter(({ url }) => url.includes('/proof')).length).toBeGreaterThan(3)
  expect(impostor.seen.filter(({ url }) => url.includes('/assets/'))).toEqual([])
  await isLive(page)
  await impostor.close()
  await serve(home, first.port)
  await page.getByRole('heading', { name: 'Ten slots, ready when you are' }).waitFor()
})

test('a part of a window that its server has not got is told, with a way on', async () => {
  const server = await serve(await homeFolder())
  const page = await newPage()
  await page.route(/\/first-run[^/]*\.js/, (route) => route.abort())
  await page.goto(server.pageUrl)
  await page.getByRole('button', { name: 'Load the Page Again' }).waitFor()
})

test('a page without a session takes the address that serve prints', async () => {
  const server = await serve(await homeFolder())
  const page = await newPage()
  await page.goto(new URL(server.pageUrl).origin)
  const field = page.getByLabel('Address or token')
  await field.fill('nothing')
  await field.press('Enter')
  await page.getByText('There is no token in this').waitFor()
  await field.fill(server.pageUrl)
  await field.press('Enter')
  await isLive(page)
})
