import { appendFile, mkdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TaskEvent, TaskId } from '../../../main/core/task/task.ts'
import { briefOf, type TaskBrief } from '../../../main/core/task/task-brief.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { FinishedIndex, finishedIndexPath } from '../../../main/tasks/history/finished-index.ts'
import { loadTask, loadTasks } from '../../../main/tasks/record/load-tasks.ts'
import { TaskCatalog } from '../../../main/tasks/record/task-catalog.ts'
import { eventsPath } from '../../../main/tasks/record/task-files.ts'
import { eventsOfGoodTask, identity, taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const idOf = (number: number) => taskId(number.toString(16).padStart(8, '0'))
const eventsOf = (home: string, number: number) => eventsPath(home, idOf(number))
const lines = (events: readonly TaskEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('')

/** A task's record as it is after so many of its events; all of them when left out. */
async function writeTask(home: string, number: number, count?: number): Promise<void> {
  const task = { ...identity('/repo', idOf(number)), description: `  Task ${number}\n${'more '.repeat(200)}` }
  const events = eventsOfGoodTask('/repo').map((event) => (event.type === 'created' ? { ...event, task } : event))
  await mkdir(dirname(eventsOf(home, number)), { recursive: true })
  await writeFile(eventsOf(home, number), lines(events.slice(0, count)))
}

const lateMerge: TaskEvent = {
  type: 'merge-tried',
  at: '2026-01-03T00:00:00.000Z',
  merge: { kind: 'unmerged', reason: 'conflicts', files: ['a'], detail: 'Both changed it' },
}

/** A catalog from its start to its end, as of a home of which it is known which tasks are unfinished. */
async function openCatalog(home: string, isWhole = true) {
  const catalog = new TaskCatalog({ home, repositories: async () => [], log: silentLog })
  await catalog.load({ ids: [], isWhole })
  const found: TaskId[] = []
  const rest = catalog.readRest(({ id }) => found.push(id))
  return { catalog, found, rest, [Symbol.asyncDispose]: () => catalog[Symbol.asyncDispose]() }
}

async function listed(home: string): Promise<readonly TaskBrief[]> {
  await using opened = await openCatalog(home)
  return await opened.catalog.list()
}

/** What the folders say, with no index at all. */
async function onDisk(home: string): Promise<TaskBrief[]> {
  const { open, over } = await loadTasks(home, silentLog)
  return [...open.map(briefOf), ...over]
}

const byId = (briefs: readonly TaskBrief[]) => briefs.toSorted((a, b) => a.id.localeCompare(b.id))

async function indexedHome(...numbers: number[]) {
  const home = await temporaryFolder()
  for (const number of numbers) await writeTask(home, number)
  await listed(home)
  return { home, path: finishedIndexPath(home) }
}

/** A record whose content says otherwise than its index entry, while size and time are as they were. */
async function changeUnseen(events: string): Promise<void> {
  const { atime, mtime } = await stat(events)
  const text = await readFile(events, 'utf8')
  await writeFile(events, text.replace('"repo":"project"', '"repo":"another"'))
  await utimes(events, atime, mtime)
}

describe('the index of finished tasks', () => {
  test('spares the reading of a record that is as it was', async () => {
    const { home } = await indexedHome()
    // A time of whole milliseconds, which can be set again.
    await writeTask(home, 1)
    await utimes(eventsOf(home, 1), 1_700_000_000, 1_700_000_000)
    await listed(home)
    await changeUnseen(eventsOf(home, 1))
    expect(await listed(home)).toMatchObject([{ repo: 'project' }])
  })

  test('is not believed over a record that has another size or time', async () => {
    const { home } = await indexedHome(1, 2)
    await appendFile(eventsOf(home, 1), lines([lateMerge]))
    await utimes(eventsOf(home, 2), 1_700_000_000, 1_700_000_000)
    await changeUnseen(eventsOf(home, 2))
    const [first, second] = byId(await listed(home))
    expect(first).toMatchObject({ merge: { kind: 'unmerged' } })
    expect(second).toMatchObject({ repo: 'another' })
    expect(byId(await listed(home))).toEqual([first, second])
  })

  test('names no task whose folder was removed, and one that was asked for afterwards is unknown', async () => {
    const { home } = await indexedHome(1, 2)
    await using opened = await openCatalog(home)
    expect(await opened.catalog.list()).toHaveLength(2)
    await rm(dirname(eventsOf(home, 1)), { recursive: true })
    await expect(opened.catalog.get(idOf(1))).rejects.toThrow("There is no task '00000001'")
    expect(await opened.catalog.list()).toHaveLength(1)
    expect(await listed(home)).toHaveLength(1)
  })

  test('gives the whole task to whoever asks for one, and its beginning to lists', async () => {
    const { home } = await indexedHome(1)
    await using opened = await openCatalog(home)
    const task = await opened.catalog.get(idOf(1))
    expect(task).toMatchObject({ result: { summary: 'Added it.' }, machine: { pid: 4711 } })
    expect(task.description.length).toBeGreaterThan(1_000)
    const [brief] = await opened.catalog.list()
    expect(brief?.description).toMatch(/^Task 1\nmore/)
    expect(brief?.description).toHaveLength(300)
  })

  test.each([0, 100, 5_000])('is set aside when it is damaged at byte %d, and made again', async (at) => {
    const { home, path } = await indexedHome(1, 2)
    const before = await readFile(path)
    await writeFile(path, before.fill(0xff, at, at + 8_192))
    expect(await listed(home)).toHaveLength(2)
    expect(await readFile(`${path}.damaged`)).toEqual(before)
    expect(await listed(home)).toHaveLength(2)
    using index = FinishedIndex.read(home)
    expect(index.all().map(({ id }) => id)).toEqual([idOf(1), idOf(2)])
  })

  test('hides no unfinished task: one that only its record names is found while the server works, or before it does', async () => {
    const { home } = await indexedHome(1, 2)
    await writeTask(home, 1, 4)
    {
      await using opened = await openCatalog(home)
      expect([...opened.catalog.open.keys()]).toEqual([]) // So the index says, and `unfinished.json`.
      await opened.rest
      expect(opened.found).toEqual([idOf(1)])
      expect([...opened.catalog.open.keys()]).toEqual([idOf(1)])
    }
    await writeTask(home, 2, 4)
    // Where nothing says which tasks are unfinished, all records do.
    await using opened = await openCatalog(home, false)
    expect([...opened.catalog.open.keys()].toSorted()).toEqual([idOf(1), idOf(2)])
  })

  test('of very many records is made while the server works: each is there for who asks for it, and all are in the end', async () => {
    const home = await temporaryFolder()
    const count = 1_050
    for (let number = 1; number <= count; number++) await writeTask(home, number)
    await using opened = await openCatalog(home)
    const { catalog } = opened
    expect(catalog.progress).toMatch(/^The list of finished tasks is being made again: \d+ are still to be read/)
    expect(await catalog.get(idOf(1_040))).toMatchObject({ result: { summary: 'Added it.' } })
    expect(await catalog.find({ kind: 'ids', ids: [idOf(1_045)] })).toMatchObject([{ id: idOf(1_045) }])
    await expect(catalog.get(idOf(count + 1))).rejects.toThrow('There is no task')
    expect(await catalog.list()).toHaveLength(count)
    expect(catalog.progress).toBeNull()
    expect(await catalog.newest({ limit: 5 })).toMatchObject({ tasks: { length: 5 }, omitted: count - 5 })
  })

  test('is for its owner alone', async () => {
    const { home, path } = await indexedHome(1)
    await using _opened = await openCatalog(home)
    for (const end of ['', '-wal', '-shm']) expect((await stat(`${path}${end}`)).mode & 0o777).toBe(0o600)
  })

  test('of another version is made again', async () => {
    const { home, path } = await indexedHome(1)
    const database = new DatabaseSync(path)
    database.exec("PRAGMA user_version = 999; UPDATE tasks SET repo = 'another'")
    database.close()
    expect(await listed(home)).toMatchObject([{ repo: 'project' }])
    using index = FinishedIndex.read(home)
    expect(index.all()).toMatchObject([{ brief: { repo: 'project' } }])
  })

  test('that cannot be written is done without', async () => {
    const { home, path } = await indexedHome(1)
    await rm(path)
    await mkdir(path)
    expect(await listed(home)).toHaveLength(1)
  })

  test('cut at any byte says nothing that is not so', async () => {
    const { home, path } = await indexedHome(1, 2, 3)
    const whole = await readFile(path)
    const expected = byId(await onDisk(home))
    for (let length = whole.length - 1; length > 0; length -= 12_007) {
      await writeFile(path, whole)
      await truncate(path, length)
      expect(byId(await listed(home))).toEqual(expected)
    }
  })

  test('and the folders alone list the same, whatever happened', { timeout: 120_000 }, async () => {
    const root = await temporaryFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const home = join(root, String(run++))
        await mkdir(home, { recursive: true })
        for (const piece of cutAtRestarts(steps)) {
          await using opened = await openCatalog(home)
          await opened.catalog.list()
          for (const one of piece) if (!('share' in one)) await act(one, home, opened.catalog)
          await opened.catalog[Symbol.asyncDispose]()
          for (const one of piece) if ('share' in one) await harmIndex(finishedIndexPath(home), one.kind, one.share)
          expect(byId(await listed(home))).toEqual(byId(await onDisk(home)))
        }
      }),
      { numRuns: 30, seed: 7 },
    )
  })
})

const place = { number: fc.nat(12) }
const onIndex = fc.record({ kind: fc.constantFrom('cut', 'spoil', 'lose'), share: fc.integer({ min: 1, max: 10 }) })
const onTask = fc.record({
  kind: fc.constantFrom('end', 'end', 'end', 'begin', 'begin', 'merge', 'merge unseen', 'remove', 'damage'),
  ...place,
})
const step = fc.oneof({ weight: 8, arbitrary: onTask }, { weight: 1, arbitrary: onIndex }, fc.constant('restart'))
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function cutAtRestarts(steps: readonly Step[]): Exclude<Step, string>[][] {
  const pieces: Exclude<Step, string>[][] = [[]]
  for (const one of steps) {
    if (typeof one === 'string') pieces.push([])
    else pieces.at(-1)?.push(one)
  }
  return pieces
}

async function act(one: Extract<Step, { readonly number: number }>, home: string, catalog: TaskCatalog) {
  const { number } = one
  const events = eventsOf(home, number)
  const text = await readFile(events, 'utf8').catch(() => '')
  if (one.kind === 'begin') await writeTask(home, number, 4)
  else if (one.kind === 'remove') await rm(dirname(events), { recursive: true, force: true })
  else if (one.kind === 'end') await writeTask(home, number)
  else if (text === '') return
  else if (one.kind === 'damage') await appendFile(events, 'no json\n')
  else if (text.includes('"announced"')) await appendFile(events, lines([lateMerge]))
  if (one.kind === 'end' || one.kind === 'merge') {
    const task = await loadTask(home, idOf(number), silentLog)
    if (task) catalog.put(task) // As its record tells the catalog.
  }
}

async function harmIndex(path: string, kind: string, share: number): Promise<void> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  if (kind === 'lose') await rm(path, { force: true })
  else if (kind === 'spoil') await writeFile(path, bytes.fill(0xff, 0, Math.floor(bytes.length / share)))
  else if (bytes.length > 0) await truncate(path, Math.floor(bytes.length / share))
}
