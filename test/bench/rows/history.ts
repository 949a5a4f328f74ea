import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { TaskEvent } from '../../../main/core/task/task.ts'
import { resultView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { eventsKept } from '../../../main/tasks/events/compact-events.ts'
import type { LoggedEvent } from '../../../main/tasks/events/logged-event.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { windowOfServer } from '../../../main/web/window-of-server.ts'
import type { HistoryRequest } from '../../../preload/history.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { eventsOfGoodTask, identity, taskId } from '../../support/tasks.ts'
import { launchBrowser } from '../../support/window/launch-browser.ts'
import { McpClient } from '../mcp-client.ts'
import { type Bench, type BenchContext, inPairs, type Row, summarize, timed } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

const few = 10
const quickly = { some: 1_000, many: 10_000 }
const wholly = { some: 10_000, many: 100_000 }

export const history: Bench = {
  name: 'history',
  about:
    'start-up, memory, list and search with a hundred thousand finished tasks against ten thousand, and against ten',
  async measure(context) {
    const { quick, say, stack } = context
    const { some, many } = quick ? quickly : wholly
    say(`writing ${many} and ${some} finished tasks`)
    const [long, middle, short] = [
      await makeHome(context, 'long', many),
      await makeHome(context, 'middle', some),
      await makeHome(context, 'short', few),
    ]

    say('making their indexes')
    const withoutIndex = await startOnce(long)
    for (const [home, count] of [
      [long, many],
      [middle, some],
      [short, few],
    ] as const)
      await untilKnown(home, count)

    say('starting')
    const starts = await inPairs(
      quick ? 2 : 7,
      () => startOnce(long),
      () => startOnce(middle),
    )
    const fewStarts = await inPairs(
      quick ? 2 : 7,
      () => startOnce(long),
      () => startOnce(short),
    )

    say('listing')
    await using longServer = await start(long)
    await using middleServer = await start(middle)
    await using shortServer = await start(short)
    using longClient = await McpClient.connect(longServer.url)
    using middleClient = await McpClient.connect(middleServer.url)
    using shortClient = await McpClient.connect(shortServer.url)
    const calls = quick ? 20 : 100
    const lists = await inPairs(
      quick ? 3 : 9,
      () => medianOf(calls, () => longClient.call('list_tasks')),
      () => medianOf(calls, () => shortClient.call('list_tasks')),
    )
    for (let round = 0; round < (quick ? 3 : 9); round++) await medianOf(calls, () => middleClient.call('list_tasks')) // As much is asked of it.
    const over = async (other: ServerProcess) =>
      (await longServer.residentMegabytes()) - (await other.residentMegabytes())
    const megabytes = { middle: await over(middleServer), short: await over(shortServer) }

    say('searching')
    const call = await windowOfServer(long)
    const searches: number[] = []
    for (let round = 0; round < (quick ? 2 : 5); round++) {
      for (const text of searchedFor(many)) {
        const ms = await timed(async () => {
          const { total } = await call('history', { ...newest, text })
          if (total === 0) throw new Error(`Nothing was found for '${text}'`)
        })
        if (round > 0) searches.push(ms) // The first of each reads the file.
      }
    }

    say('opening the history in the window')
    const browser = await launchBrowser()
    stack.defer(() => browser.close())
    const [longPage, shortPage] = [await signedIn(browser, longServer), await signedIn(browser, shortServer)]
    const windows = await inPairs(
      quick ? 2 : 7,
      () => timed(() => openHistory(longPage, many)),
      () => timed(() => openHistory(shortPage, few)),
    )
    const shown = await over(shortServer)

    const against = (values: readonly number[], count = few) => ({ what: `with ${count} finished tasks`, values })
    return [
      {
        what: `start-up with ${many} finished tasks`,
        unit: 'ms',
        ours: starts.ours,
        against: against(starts.theirs, some),
        goal: { kind: 'ratio', atMost: 1.5 },
        notes: [
          'From the start of the process to the URL that it prints; Node and our modules included on both sides.',
        ],
      },
      {
        what: 'the same',
        unit: 'ms',
        ours: fewStarts.ours,
        against: against(fewStarts.theirs),
        goal: { kind: 'ratio', atMost: 2 },
      },
      {
        what: 'the same, its index missing',
        unit: 'ms',
        ours: [withoutIndex],
        against: null,
        goal: null,
        notes: ['The records are read while the server is at work.'],
      },
      {
        what: `list_tasks with ${many} finished tasks`,
        unit: 'ms',
        ours: lists.ours,
        against: against(lists.theirs),
        goal: { kind: 'ratio', atMost: 5 },
        notes: ['It answers the newest hundred: ten times as many rows as beside it.'],
      },
      {
        what: `a search in the texts of ${many} finished tasks`,
        unit: 'ms',
        quote: 'p95',
        ours: searches,
        against: null,
        goal: { kind: 'limit', atMost: 100 },
        notes: [
          'Words that are in one text, in some, in most and in all, with the newest rows, counts and sums of all that match.',
        ],
      },
      {
        what: `the history in the window with ${many} finished tasks`,
        unit: 'ms',
        ours: windows.ours,
        against: against(windows.theirs),
        goal: { kind: 'ratio', atMost: 5 },
        notes: [
          'From the address of a new page to the first row in it: program, snapshot of the newest tasks and the first rows of the list.',
        ],
      },
      {
        what: `memory for ${many} finished tasks, over that for ${some}`,
        unit: 'MB',
        ours: [megabytes.middle],
        against: null,
        goal: { kind: 'limit', atMost: 50 },
      },
      {
        what: `the same, over that for ${few}`,
        unit: 'MB',
        ours: [megabytes.short],
        against: null,
        goal: { kind: 'limit', atMost: 100 },
        notes: [`With ${few} tasks the log of ends is nearly empty; with more it holds the newest ${eventsKept}.`],
      },
      {
        what: 'the same, after searches and windows that were opened one after the other',
        unit: 'MB',
        ours: [shown],
        against: null,
        goal: { kind: 'limit', atMost: 100 },
      },
    ] satisfies Row[]
  },
}

const newest: HistoryRequest = {
  ...{ outcome: 'all', repo: null, place: null, since: null, order: 'ended', descending: true },
  ...{ text: '', groupBy: 'day', timeZone: 'Europe/Berlin', offset: 0, limit: 100 },
}

/** What a person may type: a title, a word of each kind, two words, a path, an id. */
const searchedFor = (many: number): readonly string[] => [
  `task ${many - 7}`,
  ...[4_999, 4_000, 2_500, 1_200, 600, 300, 150].map((at) => vocabulary[at] ?? ''),
  ...[40, 20].map((at) => `${vocabulary[at]} ${vocabulary[at + 3_000]}`),
  `part-3/${vocabulary[77]}`,
  idOf(many / 2),
  'did it',
]

/** Has a server of the home read every record. */
async function untilKnown(home: string, count: number): Promise<void> {
  const server = await start(home)
  using client = await McpClient.connect(server.url)
  const known = async () => ((await client.call('list_repos')) as { repos: { tasks: number }[] }).repos[0]?.tasks ?? 0
  while ((await known()) < count) await sleep(500)
  await server.end()
}

const start = (home: string) => ServerProcess.start('our-server.ts', [home], join(home, 'server.log'))

interface HistoryPage {
  readonly page: Page
  readonly origin: string
}

/** The token in the address is kept by the tab, so later addresses in it need none. */
async function signedIn(browser: Browser, { pageUrl }: ServerProcess): Promise<HistoryPage> {
  if (pageUrl === undefined) throw new Error('The server named no window')
  const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
  await page.goto(pageUrl)
  await page.getByRole('heading', { name: 'Slots' }).waitFor()
  return { page, origin: new URL(pageUrl).origin }
}

async function openHistory({ page, origin }: HistoryPage, count: number): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${origin}/#history`)
  await page.getByText(`Task ${count}`, { exact: true }).first().waitFor()
}

async function startOnce(home: string): Promise<number> {
  let server: ServerProcess | undefined
  const ms = await timed(async () => {
    server = await start(home)
  })
  await server?.end() // It still writes its index.
  return ms
}

async function medianOf(count: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < count; index++) times.push(await timed(call))
  return summarize(times).quoted
}

/** A home with as many finished tasks in one repository, each with a text, a summary and files of an ordinary length. */
async function makeHome({ folder }: BenchContext, name: string, count: number): Promise<string> {
  const home = join(folder, name)
  const repository = join(folder, `${name}-project`)
  await mkdir(home, { mode: 0o700 })
  await makeRepository(repository)
  await registerRepository(home, { path: repository, alias: 'project' })
  const ends: string[] = []
  for (let number = 1; number <= count; number++) {
    const events = eventsOf(repository, number)
    const { events: path } = taskFiles(home, idOf(number))
    // At once: a hundred thousand files by way of other threads take several times as long.
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    if (number > count - eventsKept) ends.push(`${JSON.stringify(endOf(events, number))}\n`)
  }
  await writeFile(join(home, 'events.jsonl'), ends.join(''), { mode: 0o600 })
  // As a server of this version has left them.
  for (const name of ['unfinished.json', 'former-tasks.json']) {
    await writeFile(join(home, name), JSON.stringify({ schemaVersion: 1, tasks: {} }), { mode: 0o600 })
  }
  return home
}

const idOf = (number: number) => taskId(number.toString(16).padStart(8, '0'))

/** The same numbers in each run, from 0 up to 1 (a linear congruential generator, as in Numerical Recipes). */
let seed = 22
const random = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}
/** Five thousand words, of four letters and more. */
const vocabulary = Array.from({ length: 5_000 }, () =>
  Array.from({ length: 4 + Math.floor(random() * 6) }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join(
    '',
  ),
)
/** Some words are in most texts, and most words in some. */
const text = (about: string, words: number) =>
  `${about}\n${Array.from({ length: words }, () => vocabulary[Math.floor(random() ** 3 * vocabulary.length)]).join(' ')}`
const files = (number: number) =>
  Array.from(
    { length: 15 },
    (_, at) => `source/part-${at}/${vocabulary[(number * 31 + at * 17) % vocabulary.length]}.ts`,
  )

function eventsOf(repository: string, number: number): TaskEvent[] {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + (number * 4 + minutes) * 60_000).toISOString()
  const task = { ...identity(repository, idOf(number)), createdAt: at(0), description: text(`Task ${number}`, 200) }
  return eventsOfGoodTask(repository).map((event): TaskEvent => {
    if (event.type === 'created') return { ...event, at: at(0), task }
    if (event.type === 'salvaged') return { ...event, at: at(3), work: { ...event.work, filesChanged: files(number) } }
    if (event.type === 'announced') return { ...event, at: at(3), seq: number }
    if (event.type !== 'result-read') return { ...event, at: at(3) }
    return {
      ...event,
      at: at(3),
      result: { ...event.result, summary: text('Did it.', 100), filesChanged: files(number) },
    }
  })
}

function endOf(events: readonly TaskEvent[], seq: number): LoggedEvent {
  const read = events.find((event) => event.type === 'result-read')
  if (!read) throw new Error('A good task has a result')
  const common = { seq, taskId: idOf(seq), repo: 'project', owner: null, mergeResult: null, error: null } as const
  return { ...common, type: 'completed', at: read.at, result: resultView(read.result) }
}
