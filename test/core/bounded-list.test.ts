import { expect, test } from 'vitest'
import { BoundedList, countOf, pathList, toldPaths } from '../../main/core/bounded-list.ts'
import { listBounds } from '../../main/core/bounds.ts'
import { mergeView, salvageView } from '../../main/core/task/view.ts'

const bytesOf = (list: readonly string[]) => Buffer.byteLength(list.join(''))

test.each([
  ['100,000 short names', 100_000, (n: number) => `${n}`, listBounds.paths.count],
  ['names of 4,000 bytes', 1_000, (n: number) => `${n}-`.padEnd(4_000, 'x'), 4],
  ['names of 4,000 bytes in letters of three', 1_000, (n: number) => `${n}-`.padEnd(1_334, '界'), 4],
])('of %s as many are kept as both limits allow, and all are counted', (_what, count, name, kept) => {
  const list = pathList(Array.from({ length: count }, (_, n) => name(n)))
  expect(list.files).toHaveLength(kept)
  expect(bytesOf(list.files)).toBeLessThanOrEqual(listBounds.paths.bytes)
  expect(list.more).toBe(count - kept)
  expect(countOf(list)).toBe(count)
  expect(toldPaths(list).at(-1)).toBe(`… (${count - kept} more)`)
})

test('what decides by whether there is any path is never told that there is none', () => {
  const list = pathList(['x'.repeat(1_000_000)])
  expect(list.files).toHaveLength(1)
  expect(pathList([])).toEqual({ files: [] })
})

test('what comes after the first that was left out is left out, however short: the list is a beginning', () => {
  const list = new BoundedList({ count: 10, bytes: 10 })
  for (const path of ['12345', '1234567', '1']) list.add(path)
  expect(list.list).toEqual({ files: ['12345'], more: 2 })
})

test('views say how many paths they lack', () => {
  const paths = pathList(Array.from({ length: 100_000 }, (_, n) => `${n}`))
  const merge = mergeView('a1b2c3d4', { kind: 'unmerged', reason: 'held_paths', detail: '', ...paths })
  expect(merge).toMatchObject({ held: { length: 201, 200: '… (99800 more)' } })
  const work = { ref: null, commit: '', commits: 0, wip: false, filesChanged: [], notes: [], also: [] }
  const left = { operation: null, ...paths, isPartial: true } as const
  expect(salvageView({ ...work, left }).left?.files.slice(-2)).toEqual([
    '… (99800 more)',
    '… (more files than are looked into)',
  ])
})
