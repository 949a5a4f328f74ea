import { expect, test } from 'vitest'
import { placeScene } from '../support/fleet/placed.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

test('attempts at a place wait there for one of them to be chosen', async () => {
  await using scene = await placeScene(() => guestThatCommits('greeting.txt', 'echo hello >greeting.txt'))
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const ids = await orchestrator.runAttempts({ description: 'Greet', repo: 'project', place: 'desk', count: 2 })
  for (const [index, id] of ids.entries()) {
    expect(await untilEnded(orchestrator, id)).toMatchObject({
      ...{ attempt: { number: index + 1, of: 2 }, merge: { kind: 'unmerged', reason: 'awaiting_choice' } },
      place: { name: 'desk' },
    })
  }
  const [first] = ids
  if (first === undefined) throw new Error('There are no attempts')
  expect(await orchestrator.choose(first, 'client')).toMatchObject({ kind: 'merged' })
  expect((await subjectsOf(scene.repo)).length).toBe(2)
})
