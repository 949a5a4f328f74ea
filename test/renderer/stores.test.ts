import { describe, expect, test } from 'vitest'
import type { Reply } from '../../preload/contract.ts'
import type { Step } from '../../preload/task-details.ts'
import { adviceFor } from '../../renderer/advice.ts'
import { lookOf, needing } from '../../renderer/parts/states.ts'
import { noLimits } from '../../renderer/stores/draft.ts'
import { followSteps, noSteps, withAnswer } from '../../renderer/stores/follow-steps.ts'
import { choiceOf, lineAt, lineOf, orderAfter, usualChoice } from '../../renderer/stores/history.ts'
import { choosing, goBack, goOn, home, placeOf, rootOf, type Trail } from '../../renderer/stores/navigation.ts'
import { fromHash, toHash } from '../../renderer/stores/stop-hash.ts'
import { limitsOf } from '../../renderer/views/new-task/limits.ts'
import { conflictScene, idOf } from '../support/window/window-scenes.ts'

const said = (text: string): Step => ({ kind: 'said', at: null, text })

describe('steps', () => {
  test('an answer replaces from where it begins, and adds behind', () => {
    const first = withAnswer(noSteps, { steps: [said('a'), said('b')], from: 0, next: 2, ended: false })
    const second = withAnswer(first, { steps: [said('B'), said('c')], from: 1, next: 4, ended: false })
    expect(second.steps).toEqual([said('a'), said('B'), said('c')])
    expect(withAnswer(second, { steps: [], from: 3, next: 4, ended: true })).toMatchObject({
      steps: second.steps,
      ended: true,
    })
  })

  test('they are followed until the agent is done, and then no more is asked', async () => {
    const answers = [
      { steps: [said('a')], from: 0, next: 1, ended: false },
      { steps: [said('b')], from: 1, next: 2, ended: true },
      { steps: [], from: 2, next: 2, ended: true },
    ]
    const asked: { after: number; wait: boolean }[] = []
    const read = async (request: { after: number; wait: boolean }): Promise<Reply<'readSteps'>> => {
      asked.push(request)
      const value = answers.shift()
      if (!value) throw new Error('asked once too often')
      return { ok: true, value }
    }
    let last = noSteps
    await followSteps(read, (state) => (last = state), new AbortController().signal)
    expect(last).toEqual({ steps: [said('a'), said('b')], known: true, ended: true, failure: null })
    expect(asked).toEqual([
      { after: 0, wait: false },
      { after: 1, wait: true },
      { after: 2, wait: true },
    ])
  })
})

describe('navigation', () => {
  const task = { view: 'task', id: idOf(0xa1) } as const
  const walk = (...places: Parameters<typeof goOn>[1][]): Trail => places.reduce(goOn, home)

  test('back goes the way one came, and at its start nowhere', () => {
    const trail = walk({ view: 'history' }, task)
    expect(placeOf(trail)).toEqual(task)
    expect(placeOf(goBack(trail))).toEqual({ view: 'history' })
    expect(goBack(goBack(trail))).toEqual([{ view: 'history' }])
  })

  test('a task that a notification opened first has the slots behind it', () => {
    expect(goBack([task])).toEqual(home)
    expect(rootOf([task])).toBe('slots')
  })

  test('from a started task one comes back to where the form was called from', () => {
    expect(goBack(walk({ view: 'repositories' }, { view: 'new-task' }, task))).toEqual([{ view: 'repositories' }])
  })

  test('a place comes back from its address, and nothing else does', () => {
    for (const place of [task, { view: 'slots' }, { view: 'new-task' }, { view: 'conflicts' }] as const)
      expect(fromHash(toHash(place))).toEqual(place)
    const chosen = { view: 'history', chosen: { search: 'a b&c=d#e', repo: 'billing-api' } } as const
    expect(fromHash(toHash(chosen))).toEqual(chosen)
    expect(fromHash(`#slots?TAB=x&a=${'x'.repeat(5_000)}&__proto__=1`)).toEqual({ view: 'slots' })
    for (const hash of ['', '#', '#nowhere', '#task', '#task/../x', '#task/ABCDEF01'])
      expect(fromHash(hash)).toBeUndefined()
  })
})

test('what is chosen belongs to its place, and goes with it', () => {
  const trail = choosing(goOn(home, { view: 'history' }), 'repo', 'admin')
  const beyond = goOn(trail, { view: 'task', id: idOf(0xa1) })
  expect(goBack(choosing(beyond, 'tab', 'steps'))).toEqual([{ view: 'history', chosen: { repo: 'admin' } }])
  expect(choosing(trail, 'repo', null)).toEqual([{ view: 'history' }])
})

test('words of an address that are no choice count as not given', () => {
  const none = { text: null, outcome: 'x', repo: null, place: null, period: 'year', order: '-size', group: 'week' }
  expect(choiceOf(none)).toEqual(usualChoice)
  expect(choiceOf({ ...none, order: '-cost' })).toMatchObject({ order: 'cost', descending: true })
})

test('a click on the head of a column sorts by it, and the next one the other way round', () => {
  expect(orderAfter(usualChoice, 'cost')).toBe('-cost')
  expect(orderAfter(usualChoice, 'task')).toBe('task')
  expect(orderAfter(usualChoice, 'ended')).toBe('ended')
})

test('rows and heads of groups have their lines, and each row finds its own', () => {
  const groups = [{ count: 2 }, { count: 1 }, { count: 3 }]
  const lines = Array.from({ length: 9 }, (_, line) => lineAt(groups, line))
  expect(lines.map((it) => (it.kind === 'head' ? `head ${it.group}` : it.at))).toEqual([
    ...['head 0', 0, 1, 'head 1', 2, 'head 2', 3, 4, 5],
  ])
  for (const [line, it] of lines.entries()) if (it.kind === 'row') expect(lineOf(groups, it.at)).toBe(line)
  expect([lineAt([], 7), lineOf([], 7)]).toEqual([{ kind: 'row', at: 7 }, 7])
})

describe('what is said of a task', () => {
  test('whatever needs the user has advice, with its own ref in it', () => {
    const waiting = needing(conflictScene.snapshot.tasks)
    expect(waiting).toHaveLength(4)
    for (const task of waiting) {
      const advice = adviceFor(task)
      expect(advice?.next).toMatch(/\.$/)
      for (const command of advice?.commands ?? []) expect(command).toContain(task.ref)
      expect(lookOf(task.state).tone).toBe('warn')
    }
  })
})

describe('limits', () => {
  test('what is empty is not asked for, and what is no number is refused', () => {
    expect(limitsOf(noLimits)).toEqual({})
    expect(limitsOf({ minutes: '1.5', usd: '2', tokens: '10' })).toEqual({
      timeoutMs: 90_000,
      maxCostUsd: 2,
      maxTokens: 10,
    })
    for (const bad of ['0', '-1', 'x', '1e999']) expect(limitsOf({ ...noLimits, usd: bad })).toBeNull()
  })
})

test('a repository has an address, whatever its alias is', () => {
  for (const alias of ['billing-api', 'a b/c?d#e', '%']) {
    const place = { view: 'repository', alias } as const
    expect(fromHash(toHash(place))).toEqual(place)
    expect(goOn(home, place)).toEqual([...home, place])
  }
  for (const hash of ['#repository', '#repository/', '#repository/%']) expect(fromHash(hash)).toBeUndefined()
})
