import { describe, expect, test } from 'vitest'
import { hasWords, historyPage, wantedOf, wordsOf } from '../../main/window/history/history-page.ts'
import type { HistoryRequest } from '../../preload/history.ts'
import { needsYou } from '../../preload/task-needs.ts'
import { ended, row, working } from '../support/window/window-rows.ts'
import { busyScene, historyScene } from '../support/window/window-scenes.ts'
import { sceneTime } from '../support/window/window-story.ts'

const newest: HistoryRequest = {
  ...{ text: '', outcome: 'all', repo: null, place: null, since: null, order: 'ended', descending: true },
  ...{ groupBy: 'none', timeZone: 'UTC', offset: 0, limit: 500 },
}
const { tasks } = historyScene.snapshot
const page = (wish: Partial<HistoryRequest>, all = tasks) => {
  const request = { ...newest, ...wish }
  const words = wordsOf(request.text)
  return historyPage(
    all,
    wantedOf(all, request).filter((it) => hasWords(it, words)),
    request,
  )
}

describe('the history', () => {
  test('tasks of a place, and those of this host, are found, sorted, and named', () => {
    const [desk, here] = [row('aaaaaaaa', ended('merged'), { place: 'desk' }), row('bbbbbbbb', ended('merged'))]
    const idsOf = (wish: Partial<HistoryRequest>) => page(wish, [here, desk]).rows.map(({ id }) => id)
    expect(page({}, [here, desk]).places).toEqual(['desk'])
    expect(idsOf({ place: 'desk' })).toEqual([desk.id])
    expect(idsOf({ place: '' })).toEqual([here.id])
    expect(idsOf({ order: 'place', descending: true })).toEqual([desk.id, here.id])
  })

  test('what runs comes first, then what ended last', () => {
    const { rows } = page({}, busyScene.snapshot.tasks)
    expect(rows.slice(0, 13).every(({ finishedAt }) => finishedAt === null)).toBe(true)
    const ends = rows.slice(13).map(({ finishedAt }) => finishedAt ?? '')
    expect(ends).toEqual([...ends].sort().reverse())
  })

  test('each filter lets through what it says, and the whole is told of with each piece', () => {
    expect(page({ offset: 9_900, limit: 200 })).toMatchObject({ rows: { length: 100 }, total: 10_000, all: 10_000 })
    expect(page({ outcome: 'merged' }).total).toBe(page({}).counts.merged)
    expect(page({ outcome: 'needs-you' }).rows.every(needsYou)).toBe(true)
    expect(page({ repo: 'admin' }).rows.every(({ repo }) => repo === 'admin')).toBe(true)
    const since = new Date(Date.parse(sceneTime) - 24 * 3_600_000).toISOString()
    expect(page({ since }).total).toBe(96)
    expect(page({ text: 'MAILER (9994)' }).rows.map(({ title }) => title)).toEqual(['Rewrite the mailer (9994)'])
    expect(page({ text: 'src/a.ts' }).total).toBe(1_250)
    expect(page({ text: 'no such words' })).toMatchObject({ rows: [], total: 0, costUsd: 0 })
    expect(page({}).costUsd).toBeCloseTo(5_000)
  })

  test('columns sort both ways', () => {
    const tokensOf = (wish: Partial<HistoryRequest>) => page(wish).rows[0]?.usage?.inputTokens
    expect(tokensOf({ order: 'tokens' })).toBeGreaterThan(tokensOf({ order: 'tokens', descending: false }) ?? 0)
    const repos = page({ order: 'repository', descending: false }).rows.map(({ repo }) => repo)
    expect(repos).toEqual([...repos].sort())
  })

  test('groups are days where the reader is, or repositories, and each says how many rows it has', () => {
    const end = (at: string, costUsd: number) =>
      row(`0000000${costUsd}`, ended('merged'), {
        finishedAt: at,
        repo: costUsd > 1 ? 'b' : 'a',
        usage: { costUsd, inputTokens: 1, outputTokens: 1, turns: 1, sessionId: null },
      })
    const all = [end('2026-03-01T22:30:00.000Z', 1), end('2026-03-01T23:30:00.000Z', 2), row('0000000f', working)]
    expect(page({ groupBy: 'day', timeZone: 'Europe/Berlin' }, all)).toMatchObject({
      groups: [
        { name: '', count: 1 },
        { name: '2026-03-02', count: 1, costUsd: 2 },
        { name: '2026-03-01', count: 1, costUsd: 1 },
      ],
      spend: [
        { day: '2026-03-01', tasks: 1, costUsd: 1 },
        { day: '2026-03-02', tasks: 1, costUsd: 2 },
      ],
    })
    expect(page({ groupBy: 'day', timeZone: 'No/Where' }, all).groups).toHaveLength(2)
    expect(page({ groupBy: 'repository' }, all).groups.map(({ name }) => name)).toEqual(['a', 'b', 'project'])
  })
})
