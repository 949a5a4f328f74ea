import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { newTask, transition } from '../../../main/core/task/transition.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { TaskAttempts } from '../../../main/tasks/attempts/attempts.ts'
import { LandingLeft } from '../../../main/tasks/landing/wish.ts'
import { eventsOfGoodTask, identity } from '../../support/tasks.ts'

/** What is of no use here is not there. */
const unused = undefined as never

test('a judge whose choice is checked while the orchestrator ends is not over: its end is told by the next start, which chooses again', async () => {
  const attempt = { group: 'aaaaaaaa', number: 1, of: 2 }
  const member: Task = {
    ...newTask({ ...identity('/repo'), attempt }, '/home'),
    merge: { kind: 'unmerged', reason: 'awaiting_choice', files: [], detail: '' },
    state: { phase: 'finished', slot: null, outcome: unused },
  }
  const attempts = new TaskAttempts({
    ...{ intake: unused, follower: unused, rules: unused, log: silentLog },
    catalog: {
      list: async () => [member] as never,
      get: async () => member,
      put: () => undefined,
      watch: () => () => undefined,
    },
    ended: { act: () => Promise.reject(new LandingLeft()) },
  })
  const [, ...events] = eventsOfGoodTask('/repo')
  const judged = newTask({ ...identity('/repo', 'bbbbbbbb'), judges: attempt.group }, '/home')
  const judge = events.filter(({ type }) => !['merge-tried', 'announced'].includes(type)).reduce(transition, judged)
  const chose: Task = { ...judge, result: judge.result && { ...judge.result, summary: 'CHOICE: 1' } }
  await expect(attempts.afterEnd(chose)).rejects.toBeInstanceOf(LandingLeft)
})
