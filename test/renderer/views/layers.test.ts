import { expect, test } from 'vitest'
import { type GraphNode, layersOf } from '../../../renderer/views/plan/layers.ts'

const node = (id: string, ...after: string[]): GraphNode => ({ id, after })
const columnOf = (nodes: readonly GraphNode[]) =>
  Object.fromEntries([...layersOf(nodes).cells].map(([id, { column }]) => [id, column]))

test('each task stands to the right of all that it comes after', () => {
  const nodes = [node('d', 'b', 'c'), node('b', 'a'), node('c'), node('a')]
  expect(columnOf(nodes)).toEqual({ a: 0, c: 0, b: 1, d: 2 })
})

test('an edge over several columns has a cell in each, which no task has', () => {
  const { edges, cells } = layersOf([node('a'), node('b', 'a'), node('c', 'b', 'a')])
  const long = edges.find(({ from, to }) => from === 'a' && to === 'c')
  expect(long?.through.map(({ column }) => column)).toEqual([0, 1, 2])
  expect(long?.through[1]).not.toEqual(cells.get('b'))
})

test('two chains beside each other do not cross', () => {
  const { cells } = layersOf([node('a'), node('x'), node('y', 'x'), node('b', 'a')])
  expect(cells.get('a')?.row).toBe(cells.get('b')?.row)
  expect(cells.get('x')?.row).toBe(cells.get('y')?.row)
})

test('a short column stands in the middle of a long one', () => {
  const { cells, rows, columns } = layersOf([node('a'), node('b', 'a'), node('c', 'a'), node('d', 'b', 'c')])
  expect([columns, rows]).toEqual([3, 2])
  expect([cells.get('a')?.row, cells.get('d')?.row]).toEqual([0.5, 0.5])
})

test('in any graph no two tasks have one cell, and every edge goes to the right', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  for (let round = 0; round < 50; round += 1) {
    const nodes = Array.from({ length: 1 + random(40) }, (_, at) =>
      node(`n${at}`, ...new Set(Array.from({ length: at === 0 ? 0 : random(4) }, () => `n${random(at)}`))),
    )
    const { cells, edges } = layersOf(nodes)
    expect(new Set([...cells.values()].map(({ column, row }) => `${column} ${row}`)).size).toBe(nodes.length)
    expect(edges).toHaveLength(nodes.reduce((sum, { after }) => sum + after.length, 0))
    for (const { through } of edges)
      expect(through.map(({ column }) => column)).toEqual(through.map((_, index) => (through[0]?.column ?? 0) + index))
  }
})

test('what names a task that is not there, or itself in a circle, is shown all the same', () => {
  expect(layersOf([node('a', 'gone')]).edges).toEqual([])
  expect(layersOf([node('a', 'b'), node('b', 'a')]).cells.size).toBe(2)
  expect(layersOf([])).toMatchObject({ columns: 0, rows: 0 })
})
