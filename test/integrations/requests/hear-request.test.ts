import { expect, test } from 'vitest'
import type { RequestRecord } from '../../../main/core/pull-request.ts'
import { checksOf } from '../../../main/integrations/requests/forge-client.ts'
import { ForgeRefusal } from '../../../main/integrations/requests/forge-refusal.ts'
import { askAround, takeIn } from '../../../main/integrations/requests/hear-request.ts'

const [one, two] = ['1'.repeat(40), '2'.repeat(40)]
const record: RequestRecord = {
  ...{ forge: 'github', project: 'a/b', branch: 'microvm/a1b2c3d4', target: 'main', pushed: [one], brought: one },
  ...{ request: null, checked: null, heard: [], problem: null, tries: 0, notBefore: null },
}
const comment = (id: string, text = 'Why?') => ({ id, author: 'rita', text, path: null })
const nothing = { checks: { state: 'none' }, comments: [] } as const

test('checks are told when they have come to an end, once for a commit and an outcome', () => {
  const running = takeIn(record, one, { ...nothing, checks: { state: 'running' } })
  expect(running).toEqual({ record, news: [] })
  const failed = { ...nothing, checks: { state: 'failed', failed: ['build', 'li\u202Ent'] } } as const
  const first = takeIn(record, one, failed)
  expect(first.news).toEqual([{ what: 'checks_failed', commit: one, said: 'build, li⟪U+202E⟫nt' }])
  expect(takeIn(first.record, one, failed).news).toEqual([])
  expect(takeIn(first.record, one, { ...nothing, checks: { state: 'passed' } }).news).toEqual([
    { what: 'checks_passed', commit: one },
  ])
  expect(takeIn(first.record, two, failed).news).toHaveLength(1)
})

test('comments are told once, visible, within bounds of text and number', () => {
  const heard = takeIn(record, one, { ...nothing, comments: [comment('line 1', `x${'\u200b'}${'y'.repeat(9_000)}`)] })
  expect(heard.news[0]?.said).toMatch(/^rita: x⟪U\+200B⟫y+…$/)
  expect(heard.news[0]?.said?.length).toBeLessThan(2_100)
  const onFile = takeIn(record, one, { ...nothing, comments: [{ ...comment('line 2'), path: 'a.txt' }] })
  expect(onFile.news).toEqual([{ what: 'commented', comment: 'line 2', said: 'rita on a.txt: Why?' }])
  expect(takeIn(onFile.record, one, { ...nothing, comments: [comment('line 2')] }).news).toEqual([])

  const flood = { ...nothing, comments: Array.from({ length: 1_000 }, (_, id) => comment(`comment ${id}`)) }
  let told = 0
  let known = record
  for (let look = 0; look < 50; look += 1) {
    const { news, record: next } = takeIn(known, one, flood)
    expect(news.length).toBeLessThanOrEqual(20)
    told += news.length
    known = next
  }
  expect(told).toBe(200)
})

test('of checks that run and fail none is told before all have ended', () => {
  const passed = { name: 'a', passed: true }
  expect(checksOf([])).toEqual({ state: 'none' })
  expect(checksOf([passed, { name: 'b', passed: undefined }, { name: 'c', passed: false }])).toEqual({
    state: 'running',
  })
  expect(checksOf([passed, { name: 'c', passed: false }])).toEqual({ state: 'failed', failed: ['c'] })
})

test('what a token may not read is not there, and a forge that fails or wants to be left alone is an error', async () => {
  const client = (error: Error) => ({
    ...{ find: async () => [], open: () => Promise.reject(error), look: () => Promise.reject(error) },
    ...{ checks: () => Promise.reject(error), comments: () => Promise.reject(error) },
  })
  const ask = (error: Error) =>
    askAround(client(error), { number: 7, commit: one }, new AbortController().signal).catch(String)
  expect(await ask(new ForgeRefusal('no', { status: 403 }))).toEqual({ checks: { state: 'none' }, comments: [] })
  expect(await ask(new ForgeRefusal('later', { status: 403, notBefore: 9 }))).toContain('later')
  expect(await ask(new ForgeRefusal('down', { status: 502 }))).toContain('down')
  expect(await ask(new Error('a defect'))).toContain('a defect')
})
