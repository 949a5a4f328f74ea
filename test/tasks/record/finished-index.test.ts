import { appendFile, mkdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TaskEvent } from '../../../main/core/task/task.ts'
import { briefOf, type TaskBrief } from '../../../main/core/task/task-brief.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { FinishedIndex, finishedIndexPath, readFinishedIndex } from '../../../main/tasks/record/finished-index.ts'
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

/** A catalog over an index, from its start to its end; with another home's index, which knows nothing of it. */
async function openCatalog(home: string, indexHome = home) {
  const index = await FinishedIndex.open(indexHome, silentLog)
  const catalog = new TaskCatalog({ home, repositories: async () => [], index, log: silentLog })
  await catalog.load()
  return { catalog, index, [Symbol.asyncDispose]: () => index[Symbol.asyncDispose]() }
}

async function listed(home: string, indexHome = home): Promise<readonly TaskBrief[]> {
  await using opened = await openCatalog(home, indexHome)
  return await opened.catalog.list()
}

/** What the folders say, with no index at all. */
async function onDisk(home: string): Promise<TaskBrief[]> {
  const { open, over } = await loadTasks(home, silentLog)
  return [...open.map(briefOf), ...over.map(({ brief }) => brief)]
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

  test('is set aside when it is damaged, and made again', async () => {
    const { home, path } = await indexedHome(1, 2)
    const before = await readFile(path, 'utf8')
    await writeFile(path, `${before.slice(0, 40)}\n${before}`)
    expect(await listed(home)).toHaveLength(2)
    expect(await readFile(`${path}.damaged`, 'utf8')).toContain(before)
    expect([...(await readFinishedIndex(home)).keys()].toSorted()).toEqual([idOf(1), idOf(2)])
  })

  test('that cannot be written is done without', async () => {
    const { home, path } = await indexedHome(1)
    await rm(path)
    await mkdir(path)
    expect(await listed(home)).toHaveLength(1)
  })

  test('is rewritten when most of its lines are out of use', async () => {
    const { home, path } = await indexedHome(1)
    const line = await readFile(path, 'utf8')
    await writeFile(path, line.repeat(500))
    await listed(home)
    expect(await readFile(path, 'utf8')).toBe(line)
  })

  test('cut at any byte says nothing that is not so', async () => {
    const { home, path } = await indexedHome(1, 2, 3)
    const whole = await readFile(path)
    const expected = byId(await onDisk(home))
    for (let length = whole.length - 1; length > 0; length -= 97) {
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
          for (const one of piece) await act(one, home, opened.catalog)
          expect(byId(await listed(home))).toEqual(byId(await listed(home, join(home, 'nowhere'))))
        }
      }),
      { numRuns: 60, seed: 7 },
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

async function act(one: Exclude<Step, string>, home: string, catalog: TaskCatalog) {
  if ('share' in one) return await harmIndex(finishedIndexPath(home), one.kind, one.share)
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
  else if (kind === 'spoil') await appendFile(path, '{"no\n')
  else if (bytes.length > 0) await truncate(path, Math.floor(bytes.length / share))
}
