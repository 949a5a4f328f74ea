import { expect, test } from 'vitest'
import type { Step } from '../../../../preload/task-details.ts'
import type { StepTree } from '../../../../renderer/views/task/steps/step-row.tsx'
import { stepTrees } from '../../../../renderer/views/task/steps/step-tree.ts'

const said = (text: string, within?: number): Step => ({
  ...{ kind: 'said', at: null, text },
  ...(within !== undefined && { within }),
})
type Shape = readonly [string, readonly Shape[]]
const shape = ({ step, inner }: StepTree): Shape => [step.kind === 'said' ? step.text : '', inner.map(shape)]

test('what an agent does that another one started stands below its step, at any depth and in order', () => {
  const steps = [said('a'), said('b'), said('b1', 1), said('a1', 0), said('b2', 1), said('b1x', 2), said('c')]
  expect(stepTrees(steps).map(shape)).toEqual([
    ['a', [['a1', []]]],
    [
      'b',
      [
        ['b1', [['b1x', []]]],
        ['b2', []],
      ],
    ],
    ['c', []],
  ])
})

test('a step within itself or within a later one, which no stream can tell, is shown as one of its own', () => {
  expect(stepTrees([said('a', 0), said('b', 5)]).map(shape)).toEqual([
    ['a', []],
    ['b', []],
  ])
  expect(stepTrees([])).toEqual([])
})
