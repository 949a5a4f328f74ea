import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setMergePolicy } from '../../main/settings/repositories.ts'
import { placeScene } from '../support/fleet/placed.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits, startOrchestrator, untilEnded } from '../support/orchestrator.ts'

const soon = { timeout: 60_000 }

test('a plan goes from place to host and back: each task starts from the work before it, also over a restart, and one is cancelled where it waits', async () => {
  await using scene = await placeScene((root) =>
    guestThatCommits(
      '$(cat $SHARE/task.md).txt',
      `ls >$(cat $SHARE/task.md)-saw; until [ -e ${root}/go ]; do sleep 0.05; done`,
    ),
  )
  await setMergePolicy(join(scene.root, 'home'), 'project', { merge: 'review' })
  const setup = {
    ...scene.setup,
    guest: guestThatCommits('$(cat $SHARE/task.md).txt', 'ls >$(cat $SHARE/task.md)-saw'),
  }
  const home = await startOrchestrator(setup)
  const task = { repo: 'project', place: 'desk' } as const
  const { tasks } = await home.orchestrator.runPlan([
    { name: 'one', description: 'one', ...task },
    { name: 'two', description: 'two', repo: 'project', after: ['one'] },
    { name: 'three', description: 'three', ...task, after: ['two'] },
  ])
  const [one, two, three] = ['one', 'two', 'three'].map((name) => tasks.get(name)) as [never, never, never]
  const other = await home.orchestrator.run({ description: 'other', ...task, after: [one] })
  expect(home.orchestrator.readiness(three)).toMatchObject({ kind: 'waits' })
  expect(home.orchestrator.queuePosition(three)).toBeNull()
  await home.orchestrator.cancel(other)
  await expect.poll(async () => (await home.orchestrator.get(one)).state.phase, soon).toBe('working')
  await home[Symbol.asyncDispose]()

  await using next = await startOrchestrator(setup)
  const { orchestrator } = next
  await writeFile(join(scene.root, 'go'), '')
  for (const id of [one, two, three])
    expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'unmerged' } })
  expect((await orchestrator.get(other)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect((await gitIn(scene.repo, ['show', `refs/tasks/${three}:three-saw`])).split('\n')).toEqual(
    expect.arrayContaining(['one.txt', 'two.txt']),
  )
})
