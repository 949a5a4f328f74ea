import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { TaskEvent } from '../../../main/core/task/task.ts'
import { resultView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import type { LoggedEvent } from '../../../main/tasks/events/logged-event.ts'
import { finishedIndexPath } from '../../../main/tasks/record/finished-index.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { eventsOfGoodTask, identity, taskId } from '../../support/tasks.ts'
import { launchBrowser } from '../../support/window/launch-browser.ts'
import { McpClient } from '../mcp-client.ts'
import { type Bench, type BenchContext, inPairs, type Row, summarize, timed } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

const few = 10
const many = 10_000

export const history: Bench = {
  name: 'history',
  about: 'start-up, list and memory with ten thousand finished tasks against ten',
  async measure(context) {
    const { quick, say, stack } = context
    say(`writing ${many} finished tasks`)
    const [long, short] = [await makeHome(context, 'long', many), await makeHome(context, 'short', few)]

    say('starting, with no index and with one')
    const withoutIndex = await inPairs(
      quick ? 1 : 3,
      async () => {
        await rm(finishedIndexPath(long), { force: true })
        return await startOnce(long)
      },
      () => startOnce(short),
    )
    const starts = await inPairs(
      quick ? 2 : 7,
      () => startOnce(long),
      () => startOnce(short),
    )

    say('listing')
    await using longServer = await start(long)
    await using shortServer = await start(short)
    using longClient = await McpClient.connect(longServer.url)
    using shortClient = await McpClient.connect(shortServer.url)
    const calls = quick ? 20 : 100
    const lists = await inPairs(
      quick ? 3 : 9,
      () => medianOf(calls, () => longClient.call('list_tasks')),
      () => medianOf(calls, () => shortClient.call('list_tasks')),
    )
    const difference = async () => (await longServer.residentMegabytes()) - (await shortServer.residentMegabytes())
    const megabytes = await difference()

    say('opening the history in the window')
    const browser = await launchBrowser()
    stack.defer(() => browser.close())
    const [longPage, shortPage] = [await signedIn(browser, longServer), await signedIn(browser, shortServer)]
    const windows = await inPairs(
      quick ? 2 : 7,
      () => timed(() => openHistory(longPage)),
      () => timed(() => openHistory(shortPage)),
    )
    const megabytesShown = await difference()

    const against = (values: readonly number[]) => ({ what: `with ${few} finished tasks`, values })
    return [
      {
        what: `start-up with ${many} finished tasks`,
        unit: 'ms',
        ours: starts.ours,
        against: against(starts.theirs),
        goal: { kind: 'ratio', atMost: 2 },
        notes: [
          'From the start of the process to the URL that it prints; Node and our modules included on both sides.',
        ],
      },
      {
        what: `the same, its index missing`,
        unit: 'ms',
        ours: withoutIndex.ours,
        against: against(withoutIndex.theirs),
        goal: null,
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
        what: `memory for ${many} finished tasks, over that for ${few}`,
        unit: 'MB',
        ours: [megabytes],
        against: null,
        goal: { kind: 'limit', atMost: 100 },
      },
      {
        what: 'the same, after windows were opened one after the other',
        unit: 'MB',
        ours: [megabytesShown],
        against: null,
        goal: { kind: 'limit', atMost: 100 },
      },
    ] satisfies Row[]
  },
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

async function openHistory({ page, origin }: HistoryPage): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${origin}/#history`)
  // All ended at the same moment, so the first that was made is the first in the list.
  await page.getByText('Task 1', { exact: true }).first().waitFor()
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
  const ends: LoggedEvent[] = []
  for (let number = 1; number <= count; number++) {
    const events = eventsOf(repository, number)
    const { events: path } = taskFiles(home, idOf(number))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    ends.push(endOf(events, number))
  }
  await appendFile(join(home, 'events.jsonl'), ends.map((end) => `${JSON.stringify(end)}\n`).join(''), { mode: 0o600 })
  return home
}

const idOf = (number: number) => taskId(number.toString(16).padStart(8, '0'))
const text = (about: string, words: number) => `${about}\n${'Some more words about it. '.repeat(words / 5)}`
const files = Array.from({ length: 15 }, (_, index) => `source/part-${index}/changed-file.ts`)

function eventsOf(repository: string, number: number): TaskEvent[] {
  const createdAt = new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString()
  const task = { ...identity(repository, idOf(number)), createdAt, description: text(`Task ${number}`, 200) }
  return eventsOfGoodTask(repository).map((event): TaskEvent => {
    if (event.type === 'created') return { ...event, task }
    if (event.type === 'salvaged') return { ...event, work: { ...event.work, filesChanged: files } }
    if (event.type === 'announced') return { ...event, seq: number }
    if (event.type !== 'result-read') return event
    return { ...event, result: { ...event.result, summary: text('Did it.', 100), filesChanged: files } }
  })
}

function endOf(events: readonly TaskEvent[], seq: number): LoggedEvent {
  const read = events.find((event) => event.type === 'result-read')
  if (!read) throw new Error('A good task has a result')
  const common = { seq, taskId: idOf(seq), repo: 'project', owner: null, mergeResult: null, error: null } as const
  return { ...common, type: 'completed', at: new Date().toISOString(), result: resultView(read.result) }
}
