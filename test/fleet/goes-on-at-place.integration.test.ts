import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskView } from '../../main/core/task/view.ts'
import { placeScene } from '../support/fleet/placed.ts'
import { commitFiles, gitIn, subjectsOf } from '../support/git/repositories.ts'
import { commits, guestWithMemory, keptSession } from '../support/machines/continued-guest.ts'
import { guestWithLimit, limitedSession } from '../support/machines/limited-guest.ts'
import { startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }
const place = { description: 'work', repo: 'project', place: 'desk' } as const

test('a task at a place goes on there after its end, from its commits, its files and what its agent remembers, and nothing is counted twice', async () => {
  await using scene = await placeScene(() =>
    guestWithMemory(
      `mkdir -p $SHARE/session/p; echo told >$SHARE/session/p/${keptSession}.jsonl\n${commits('one')}\necho loose >left.txt`,
      `[ "$(cat one)" = text ]; git status --porcelain >status; cat $SHARE/session/p/* >remembered; cp $SHARE/given given\n${commits('two', '$TOLD')}`,
    ),
  )
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator, events } = home
  const id = await orchestrator.run(place)
  expect(taskView(await untilEnded(orchestrator, id)).result).toMatchObject({ input_tokens: 100 })
  await commitFiles(scene.repo, { user: 'mine\n' }, 'Mine')

  await orchestrator.continue(id, { text: 'now the second' })
  const view = taskView(await untilEnded(orchestrator, id))
  expect(view).toMatchObject({
    ...{ status: 'completed', place: 'desk', continued_with: 'now the second' },
    result: { success: true, input_tokens: 200 },
    merge_result: { merged: true },
  })
  const on = (file: string) => gitIn(scene.repo, ['show', `refs/heads/main:${file}`])
  expect(await on('two')).toBe('now the second')
  expect(await on('given')).toBe(`MICROVM_RESUME_SESSION=${keptSession}`)
  expect(await on('remembered')).toBe('told')
  expect((await subjectsOf(scene.repo)).at(-1)).toBe('Start')
  expect(events.read(0).map(({ seq: _seq, ...event }) => event)).toMatchObject([{ taskId: id }, { taskId: id }])

  // Two that go on from there, each by itself: at the place, from all of its commits, in a copy of the session.
  const forks = await orchestrator.fork(id, { text: 'a fork', count: 2 })
  for (const fork of forks) {
    const { state, work, place: at, startCommit } = await untilEnded(orchestrator, fork)
    expect(state).toMatchObject({ phase: 'finished', slot: null })
    expect({ seat: at?.seat.slice(-8), startCommit }).toEqual({
      seat: fork,
      startCommit: (await orchestrator.get(id)).startCommit,
    })
    expect(work?.commits).toBeGreaterThan(2)
    expect(work?.filesChanged).toContain('left.txt')
  }
  await expect.poll(() => readdir(join(scene.node, 'seats')), soon).toEqual([])
})

test('a task at a place that ran into a usage limit is parked, and goes on there with its session when the limit is lifted', async () => {
  await using scene = await placeScene(() => guestWithLimit(1))
  await using home = await startOrchestrator(scene.setup)
  const { orchestrator } = home
  const id = await orchestrator.run(place)
  const task = await untilEnded(orchestrator, id)
  expect(task.state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(task.parkings).toMatchObject([{ reason: { code: 'usage-limit' } }])
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:resumed.txt'])).toBe(
    `MICROVM_RESUME_SESSION=${limitedSession}`,
  )
  expect(await gitIn(scene.repo, ['show', 'refs/heads/main:first.txt'])).toBe('first')
})
