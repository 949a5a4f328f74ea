import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { newTask, transition } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { TaskAttempts } from '../../../main/tasks/attempts/attempts.ts'
import { LandingLeft } from '../../../main/tasks/landing/wish.ts'
import { eventsOfGoodTask, identity } from '../../support/tasks.ts'

/** What is of no use here is not there. */
const unused = undefined as never

const attempt = { group: 'aaaaaaaa', number: 1, of: 2 }

/** A judge that said one, of attempts of which this is the only one on record. */
function judged(member: Task, act: () => Promise<never>) {
  const attempts = new TaskAttempts({
    ...{ intake: unused, follower: unused, rules: unused, log: silentLog },
    catalog: {
      find: async () => [member],
      get: async () => member,
      put: () => undefined,
      watch: () => () => undefined,
    },
    ended: { act },
  })
  const [, ...events] = eventsOfGoodTask('/repo')
  const begun = newTask({ ...identity('/repo', 'bbbbbbbb'), judges: attempt.group }, '/home')
  const judge = events.filter(({ type }) => !['merge-tried', 'announced'].includes(type)).reduce(transition, begun)
  const chose: Task = { ...judge, result: judge.result && { ...judge.result, summary: 'CHOICE: 1' } }
  return attempts.afterEnd(chose)
}

const memberWith = (reason: 'awaiting_choice' | 'withdrawn', chosen: boolean): Task => ({
  ...newTask({ ...identity('/repo'), attempt }, '/home'),
  merge: { kind: 'unmerged', reason, files: [], detail: '' },
  state: { phase: 'finished', slot: null, outcome: unused },
  chosen,
})

test('a judge whose choice is checked while the orchestrator ends is not over: its end is told by the next start, which chooses again', async () => {
  await expect(
    judged(memberWith('awaiting_choice', false), () => Promise.reject(new LandingLeft())),
  ).rejects.toBeInstanceOf(LandingLeft)
})

test('a choice that was taken out of what lands is not brought there again by a start that finds its judge at its end', async () => {
  let acts = 0
  const act = async () => {
    acts += 1
    return unused
  }
  await judged(memberWith('withdrawn', true), act)
  expect(acts).toBe(0)
  await judged(memberWith('awaiting_choice', true), act)
  expect(acts).toBeGreaterThan(0)
})
