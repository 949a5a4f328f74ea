import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Chunk } from '../../../main/core/merge/conflicts.ts'
import { scriptConflicts } from '../../support/claude/scripted-conflicts.ts'
import { reviewScene, scriptReview, toReview } from '../../support/claude/scripted-review.ts'
import { launchBrowser } from '../../support/window/launch-browser.ts'
import { startWindowHost } from '../../support/window/window-host.ts'
import { conflictScene, idOf } from '../../support/window/window-scenes.ts'
import { type Bench, type BenchContext, inPairs, type Row, timed } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

const built = join(import.meta.dirname, '../../../dist/renderer')
const viewport = { width: 1180, height: 760 }
const diffLines = 6_000
const conflicts = 200
const bytesPerSecond = 400_000 / 8

export const window: Bench = {
  name: 'window',
  about: 'a long difference, many conflicts and a slow link in the window, beside bare pages; needs `npm run build`',
  async measure(context) {
    const browser = await launchBrowser()
    context.stack.defer(() => browser.close())
    return [
      await longDifference(context, browser),
      await manyConflicts(context, browser),
      await slowLink(context, browser),
    ]
  },
}

async function longDifference({ quick, say, stack }: BenchContext, browser: Browser): Promise<Row> {
  say(`showing a difference of ${diffLines} lines`)
  const host = stack.use(await startWindowHost(reviewScene, built))
  scriptReview(host)
  const lines = Array.from({ length: diffLines }, (_, at) => ({
    kind: at % 30 < 15 ? (' ' as const) : ('+' as const),
    text: `  const line${at} = await read(source, ${at}) // as it was before`,
  }))
  host.answer('reviewDiff', ({ path }) => {
    const shown = path.endsWith('sender.ts') ? lines : lines.slice(0, 3)
    return { kind: 'text', hunks: [{ oldStart: 1, newStart: 1, heading: '', lines: shown }] }
  })
  const [page, bare] = [await browser.newPage({ viewport }), await browser.newPage({ viewport })]
  const { ours, theirs } = await inPairs(
    quick ? 3 : 11,
    async () => {
      await page.goto('about:blank')
      await page.goto(`${host.url}#review/${toReview}`)
      await page.getByRole('button', { name: /^retry\.ts/ }).click()
      await page.getByRole('region', { name: 'Differences' }).getByText('line2 ').waitFor()
      return await untilPainted(page.getByRole('button', { name: /^sender\.ts/ }), 'click', 'line14 ')
    },
    () =>
      bareLines(
        bare,
        lines.map(({ text }) => text),
      ),
  )
  return {
    what: `a difference of ${diffLines} lines, from the click on its file until it is painted`,
    unit: 'ms',
    ours,
    against: { what: 'the same lines as elements of a bare page', values: theirs },
    goal: { kind: 'limit', atMost: 300 },
  }
}

async function manyConflicts({ quick, say, stack }: BenchContext, browser: Browser): Promise<Row> {
  say(`choosing among ${conflicts} conflicts`)
  const host = stack.use(await startWindowHost(conflictScene, built))
  scriptConflicts(host)
  const line = (side: string, at: number): string => `const of${at} = ${side}(${at})\n`
  const chunks = Array.from({ length: conflicts }, (_, at): Chunk[] => [
    { kind: 'merged', text: line('same', at).repeat(5) },
    { kind: 'conflict', base: line('base', at), ours: line('ours', at), theirs: line('theirs', at) },
  ]).flat()
  host.answer('openConflict', () => ({ kind: 'text', encoding: 'utf8', chunks }))
  const [page, bare] = [await browser.newPage({ viewport }), await browser.newPage({ viewport })]
  await page.goto(`${host.url}#resolve/${idOf(0xc4)}`)
  await page.getByRole('region', { name: `Conflict 1 of ${conflicts}`, exact: true }).waitFor()
  let chosen = 0
  const { ours, theirs } = await inPairs(
    quick ? 5 : 25,
    async () => {
      chosen += 1
      const conflict = page.getByRole('region', { name: `Conflict ${chosen} of ${conflicts}`, exact: true })
      return await untilPainted(conflict, '3', `${chosen} of ${conflicts} chosen.`)
    },
    async () => await bareChoice(bare),
  )
  return {
    what: `one choice among ${conflicts} conflicts, from the key until it is painted`,
    unit: 'ms',
    ours,
    against: { what: 'a class of one of as many elements of a bare page', values: theirs },
    goal: { kind: 'limit', atMost: 50 },
    unreached:
      'Only the picked card and the lines of the result are made again; what is left was measured while other programs kept both cores busy.',
  }
}

async function slowLink(context: BenchContext, browser: Browser): Promise<Row> {
  const { folder, quick, say, stack } = context
  say('opening the window over a slow link')
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  const server = stack.use(await ServerProcess.start('our-server.ts', [home], join(folder, 'server.log')))
  const { pageUrl } = server
  if (pageUrl === undefined) throw new Error('The server named no window')
  let bytes = 0
  const slots = async (): Promise<number> => {
    await using slow = await slowPage(browser)
    const ms = await timed(async () => {
      await slow.page.goto(pageUrl)
      await slow.page.getByRole('heading', { name: 'Slots' }).waitFor()
    })
    bytes = await slow.page.evaluate<number>(
      "performance.getEntriesByType('resource').filter(({ initiatorType }) => initiatorType === 'script' || initiatorType === 'link').reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)",
    )
    return ms
  }
  await slots()
  const script = `//${randomBytes(Math.ceil(Math.min(bytes, 90_000) / 2)).toString('hex')}`
  const bare = createServer((request, response) => {
    const isScript = request.url === '/script.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : '<script src="script.js"></script><h1>Slots</h1>')
  })
  bare.listen(0, '127.0.0.1')
  await once(bare, 'listening')
  stack.defer(() => void bare.close())
  const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/`
  const { ours, theirs } = await inPairs(quick ? 2 : 5, slots, async () => {
    await using slow = await slowPage(browser)
    return await timed(async () => {
      await slow.page.goto(bareUrl)
      await slow.page.getByRole('heading', { name: 'Slots' }).waitFor()
    })
  })
  return {
    what: 'the slots in a new browser over a link of 400 kbit/s',
    unit: 'ms',
    ours,
    against: { what: `a page with one script of ${Math.round(script.length / 1000)} kB`, values: theirs },
    goal: { kind: 'limit', atMost: 3_000 },
  }
}

/** A page with no cache, at the end of a slow link. */
async function slowPage(browser: Browser): Promise<AsyncDisposable & { readonly page: Page }> {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const [downloadThroughput, uploadThroughput] = [bytesPerSecond, bytesPerSecond]
  await session.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: 50, downloadThroughput, uploadThroughput },
  })
  return { page, [Symbol.asyncDispose]: () => context.close() }
}

/** In a page: resolves with the milliseconds since then, once what the page shows now is painted. */
const painted =
  '(start) => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))))'

/** Milliseconds from a click on the element, or a key in it, until the window shows the text and has painted it. */
async function untilPainted(element: Locator, act: string, text: string): Promise<number> {
  await element.focus()
  return await element.page().evaluate<number>(`(async (act, text) => {
    const painted = ${painted}
    const isThere = () => document.querySelector('main').textContent.includes(text)
    const start = performance.now()
    if (act === 'click') document.activeElement.click()
    else document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: act, bubbles: true }))
    while (!isThere()) {
      await new Promise((changed) => {
        const observer = new MutationObserver(() => (observer.disconnect(), changed()))
        observer.observe(document.body, { childList: true, subtree: true, characterData: true })
      })
    }
    return await painted(start)
  })(${JSON.stringify(act)}, ${JSON.stringify(text)})`)
}

async function bareLines(page: Page, lines: readonly string[]): Promise<number> {
  await page.setContent('<main style="font: 12px monospace; white-space: pre"></main>')
  return await page.evaluate<number>(`(async () => {
    const painted = ${painted}
    const start = performance.now()
    const made = ${JSON.stringify(lines)}.map((line) => {
      const element = document.createElement('div')
      element.textContent = line
      return element
    })
    document.querySelector('main').append(...made)
    return await painted(start)
  })()`)
}

async function bareChoice(page: Page): Promise<number> {
  await page.setContent('<style>.chosen { background: green }</style><main></main>')
  return await page.evaluate<number>(`(async () => {
    const painted = ${painted}
    const made = Array.from({ length: ${conflicts} }, (_, at) => {
      const element = document.createElement('pre')
      element.textContent = ('const of' + at + '\\n').repeat(8)
      return element
    })
    document.querySelector('main').append(...made)
    await painted(0)
    const start = performance.now()
    made[3].classList.add('chosen')
    return await painted(start)
  })()`)
}
