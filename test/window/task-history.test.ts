import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Task, TaskOutcome } from '../../main/core/task/task.ts'
import { briefOf, isOver } from '../../main/core/task/task-brief.ts'
import { foldTask } from '../../main/core/task/transition.ts'
import { wantedAmong } from '../../main/core/task/wanted-tasks.ts'
import { silentLog } from '../../main/lib/log.ts'
import { TaskCatalog } from '../../main/tasks/record/task-catalog.ts'
import { TaskHistory } from '../../main/window/history/task-history.ts'
import { taskRow } from '../../main/window/rows.ts'
import { type HistoryRequest, historyGroups, historyOrders, outcomeFilters } from '../../preload/history.ts'
import type { RequestOfRow } from '../../preload/live-state.ts'
import { eventsOfGoodTask, sampleMerge, taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

const good = foldTask(eventsOfGoodTask('/repo'), '/home')
const unmerged = { kind: 'unmerged', files: ['src/a.ts'], detail: 'Both changed it' } as const
const outcomes = [
  { kind: 'merged', merge: sampleMerge },
  { kind: 'unmerged', merge: { ...unmerged, reason: 'conflicts' } },
  { kind: 'unmerged', merge: { ...unmerged, reason: 'awaiting_choice' } },
  { kind: 'failed', failure: { code: 'guest-failed', message: 'It "broke" off' } },
  { kind: 'cancelled' },
  { kind: 'unchanged' },
] as const satisfies readonly TaskOutcome[]
const texts = [
  'Rewrite the mailer',
  'Say "wait" and more',
  'Ändere 登录 (50 %) OR NOT',
  "It's *near* a-b_c",
  'x',
  'a\0b',
]
const times = ['2026-03-01T22:30:00.000Z', '2026-03-01T23:30:00.000Z', '2026-05-01T00:00:00.000Z']
const idleOf = { position: null, landing: null, boots: null }

const made = fc.record({
  outcome: fc.constantFrom<TaskOutcome>(...outcomes),
  text: fc.constantFrom<string>(...texts),
  repo: fc.constantFrom<string>('a', 'b'),
  at: fc.constantFrom(...times),
  cost: fc.integer({ min: 0, max: 3 }),
  open: fc.constantFrom(false, false, false, true),
  group: fc.constantFrom<string | null>(null, null, 'aaaaaaaa'),
})

function taskOf(wish: typeof made extends fc.Arbitrary<infer Value> ? Value : never, number: number): Task {
  const { outcome, text, repo, at, cost, open, group } = wish
  return {
    ...good,
    id: taskId(number.toString(16).padStart(8, '0')),
    ...{ description: `${text} ${number}\nmore of it`, repo, repoPath: `/${repo}`, finishedAt: at },
    createdAt: new Date(Date.UTC(2026, 0, 1) + number).toISOString(),
    state: { phase: 'finished', slot: null, outcome },
    merge: outcome.kind === 'merged' || outcome.kind === 'unmerged' ? outcome.merge : null,
    result: good.result && {
      ...good.result,
      summary: `Did ${text}`,
      usage: { costUsd: cost, inputTokens: cost, outputTokens: 1, turns: 1, sessionId: null },
    },
    announcedSeq: open ? null : 7,
    ...(group && { attempt: { group, number, of: 20 } }),
  }
}

const words = fc.constantFrom(
  '',
  'MAILER',
  '"wait"',
  '登录',
  'än',
  '50 %)',
  "it's *near*",
  'OR',
  'a-b_c',
  'main',
  'src/a.ts',
  'pull',
  '""',
  '\0',
  'NOT (',
  'col:x',
  'no such',
)
const asked: fc.Arbitrary<HistoryRequest> = fc.record({
  text: words,
  outcome: fc.constantFrom(...outcomeFilters),
  repo: fc.constantFrom(null, 'a'),
  place: fc.constantFrom(null, '', 'desk'),
  since: fc.constantFrom(null, times[1] ?? null),
  order: fc.constantFrom(...historyOrders),
  descending: fc.boolean(),
  groupBy: fc.constantFrom(...historyGroups),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin'),
  offset: fc.integer({ min: 0, max: 8 }),
  limit: fc.integer({ min: 1, max: 20 }),
})

const newest: HistoryRequest = {
  ...{ text: '', outcome: 'all', repo: null, place: null, since: null, order: 'ended', descending: true },
  ...{ groupBy: 'none', timeZone: 'UTC', offset: 0, limit: 500 },
}

async function catalogOf(tasks: readonly Task[]) {
  const catalog = new TaskCatalog({ home: await temporaryFolder(), repositories: async () => [], log: silentLog })
  await catalog.load({ ids: [], isWhole: true })
  await catalog.readRest(() => undefined)
  for (const task of tasks) catalog.put(task)
  return catalog
}

const historyOf = (tasks: ConstructorParameters<typeof TaskHistory>[0]['tasks'], request?: RequestOfRow) =>
  new TaskHistory({
    tasks,
    rowOf: (task) =>
      taskRow(
        task,
        { ...idleOf, overlap: null } as never,
        null,
        request && task.id === taskId('00000001') ? request : undefined,
      ),
    requests: () => new Map(request ? [[taskId('00000001'), request]] : []),
  })

describe('the history of the index', () => {
  test('says what all rows say, whatever is asked for', { timeout: 120_000 }, async () => {
    const request = { text: 'Pull request 7 is open', state: 'open' } as unknown as RequestOfRow
    await fc.assert(
      fc.asyncProperty(
        fc.array(made, { minLength: 1, maxLength: 24 }),
        fc.array(asked, { minLength: 8, maxLength: 8 }),
        async (wishes, requests) => {
          const tasks = wishes.map(taskOf)
          await using catalog = await catalogOf(tasks)
          const held = tasks.map(briefOf)
          const plain = historyOf(
            {
              find: async (wanted) => wantedAmong(held, wanted),
              get: async (id) => tasks.find((task) => task.id === id) as Task,
              history: async ({ offset }) => ({
                ...{ tasks: [], start: 0 * offset, total: 0, tokens: 0, ends: [], held },
                facts: { outcomes: {}, repositories: [], places: [] },
              }),
            },
            request,
          )
          for (const one of requests) {
            const expected = await plain.page(one)
            expect(await historyOf(catalog, request).page(one)).toEqual(expected)
          }
        },
      ),
      { numRuns: 40, seed: 3 },
    )
  })

  test('finds words in whole texts and summaries, whatever else they mean to a database', async () => {
    const tasks = texts.map((text, at) => taskOf({ ...wish, text }, at + 1))
    await using catalog = await catalogOf(tasks)
    const found = async (text: string) => (await historyOf(catalog).page({ ...newest, text })).rows.map(({ id }) => id)
    expect(await found('"WAIT" more of it')).toEqual([taskId('00000002')])
    expect(await found('登录')).toEqual([taskId('00000003')])
    expect(await found("' OR 1=1 --")).toEqual([])
    expect(await found('" OR "mailer')).toEqual([])
    expect(await found('maile*')).toEqual([])
    expect(await found('ä')).toEqual([taskId('00000003')]) // Words of one character are those of titles.
    expect(await found('did mailer')).toEqual([taskId('00000001')])
  })
})

const wish: Parameters<typeof taskOf>[0] = {
  outcome: { kind: 'merged', merge: sampleMerge },
  text: '',
  repo: 'a',
  at: '2026-03-01T22:30:00.000Z',
  cost: 1,
  open: false,
  group: null,
}

test('a task that goes on is counted once, as it is now', async () => {
  const over = taskOf(wish, 1)
  await using catalog = await catalogOf([over, taskOf(wish, 2)])
  catalog.put({ ...over, announcedSeq: null, state: { phase: 'queued' } })
  expect([...(await catalog.totals()).values()]).toMatchObject([{ tasks: 2, costUsd: 2 }])
  expect(await catalog.newest({ limit: 5 })).toMatchObject({ tasks: { length: 2 }, omitted: 0 })
  expect(await historyOf(catalog).page(newest)).toMatchObject({ total: 2, all: 2, counts: { merged: 1 } })
  catalog.put(over)
  expect([...(await catalog.totals()).values()]).toMatchObject([{ tasks: 2, costUsd: 2 }])
  expect(await catalog.find({ kind: 'open' })).toEqual([])
})

test('every way to ask for tasks is answered by the index as by all tasks', async () => {
  const tasks = Array.from({ length: 12 }, (_, at) => ({
    ...taskOf({ ...wish, outcome: outcomes[at % 6] ?? wish.outcome, group: at % 5 === 0 ? 'aaaaaaaa' : null }, at + 1),
    finishedAt: `2026-03-01T00:00:${10 + at}.000Z`,
    ...(at > 3 && { after: [taskId('00000001')], plan: { id: 'bbbbbbbb', name: `t${at}` } }),
    ...(at === 7 && { retries: taskId('00000002'), judges: 'aaaaaaaa' }),
    ...(at === 8 && { resolves: { ...resolves, task: taskId('00000003') } }),
  }))
  await using catalog = await catalogOf(tasks)
  expect(tasks.every(isOver)).toBe(true)
  const all = tasks.map(briefOf)
  for (const wanted of [
    { kind: 'open' },
    { kind: 'waiting' },
    { kind: 'recent', since: '2027-01-01', ends: 3 },
    { kind: 'ended', since: '2026-01-01' },
    { kind: 'ids', ids: [taskId('00000002'), taskId('0000ffff')] },
    { kind: 'runs', of: [taskId('00000002')] },
    { kind: 'after', one: [taskId('00000001')] },
    { kind: 'plan', plan: 'bbbbbbbb' },
    { kind: 'group', group: 'aaaaaaaa' },
    { kind: 'resolvers', of: taskId('00000003') },
  ] as const) {
    const found = (await catalog.find(wanted)).map(({ id }) => id)
    expect(found, wanted.kind).toEqual(wantedAmong(all, wanted).map(({ id }) => id))
    expect(found.length > 0, wanted.kind).toBe(wanted.kind !== 'open')
  }
})

const resolves = { startCommit: '1'.repeat(40), commit: '2'.repeat(40), branch: 'main' }
