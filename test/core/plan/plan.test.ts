import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder } from '../../../main/core/plan/plan.ts'

const names = (tasks: readonly { readonly name: string }[]) => tasks.map(({ name }) => name)

test.each([
  [[], /one task at least/],
  [[['a', 'b']], /'a' comes after 'b', which is no task of this plan/],
  [[['a'], ['a']], /Two tasks of the plan are named 'a'/],
  [[['a', 'a']], /in a circle: a after a$/],
  [[['a', 'c'], ['b', 'a'], ['c', 'b'], ['d']], /in a circle: a after c after b after a$/],
  [[['start'], ['a', 'start', 'b'], ['b', 'a']], /in a circle: a after b after a$/],
  [[['a b']], /'a b' cannot be the name/],
  [[['0123abcd']], /cannot be the name/],
  [Array.from({ length: 101 }, (_, at) => [`t${at}`]), /100 tasks at most, and this one has 101/],
])('the plan %j is refused as a whole', (plan, message) => {
  const tasks = plan.map(([name = '', ...after]) => ({ name, after }))
  expect(() => inOrder(tasks)).toThrow(message)
})

test('tasks stay in the given order where that can be', () => {
  const plan = [
    { name: 'last', after: ['middle', 'first'] },
    { name: 'first', after: [] },
    { name: 'other', after: [] },
    { name: 'middle', after: ['first'] },
  ]
  expect(names(inOrder(plan))).toEqual(['first', 'other', 'middle', 'last'])
})

/** Each task comes after some of those before it; the order in which they are given is another one. */
const plans = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 20 })
  .map((list) =>
    list.map((after, at) => ({ name: `t${at}`, after: at === 0 ? [] : [...new Set(after.map((n) => `t${n % at}`))] })),
  )
  .chain((plan) => fc.shuffledSubarray(plan, { minLength: plan.length, maxLength: plan.length }))

test('any plan with no circle is ordered: every task once, and after those that it waits for', () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const ordered = names(inOrder(plan))
      expect([...ordered].sort()).toEqual(names(plan).sort())
      for (const { name, after } of plan)
        for (const other of after) expect(ordered.indexOf(other)).toBeLessThan(ordered.indexOf(name))
    }),
  )
})

test('any plan becomes one that is refused when one task is made to wait for a task that waits for it', () => {
  fc.assert(
    fc.property(plans, fc.nat(), (plan, pick) => {
      const followers = plan.filter(({ after }) => after.length > 0)
      const last = followers[pick % Math.max(1, followers.length)]
      if (!last) return
      const circle = plan.map((task) =>
        task.name === last.after[0] ? { ...task, after: [...task.after, last.name] } : task,
      )
      expect(() => inOrder(circle)).toThrow(/circle/)
    }),
  )
})
