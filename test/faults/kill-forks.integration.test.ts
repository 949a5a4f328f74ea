import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../main/lib/processes/spawn.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import type { Doom } from '../support/faults/doomed-orchestrator.ts'
import { subjectsOf } from '../support/git/repositories.ts'
import { guestThatForks } from '../support/machines/forking-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/doomed-orchestrator.ts')

test.for<[string, Doom, number]>([
  ['when its copies are made and nothing is on record', { when: 'before', event: 'created', skip: 1 }, 0],
  ['when the first is on record and the second is not', { when: 'before', event: 'created', skip: 2 }, 1],
  ['when both are on record', { when: 'after', event: 'created', skip: 2 }, 2],
])(
  'killed while a task is forked, %s: what is on record is done once, and nothing else is left',
  async ([, doom, forks]) => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const ownWay = '[ -z "$copy" ] || { echo way > "$copy.txt"; git add "$copy.txt"; git commit -qm "Way $copy"; }'
    const guest = guestThatForks(ownWay)
    const killed = await run(process.execPath, [
      program,
      JSON.stringify({ root, guest, fork: 'way' }),
      JSON.stringify(doom),
    ])
    expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })
    await using second = await startOrchestrator({ root, guest })
    const { orchestrator, home, events } = second
    const tasks = await orchestrator.list()
    expect(tasks).toHaveLength(1 + forks)
    for (const { id } of tasks)
      expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
    expect(await readdir(join(home, 'tasks'))).toHaveLength(1 + forks)
    expect(events.read(0)).toHaveLength(1 + forks)
    expect((await subjectsOf(repo)).filter((subject) => subject.startsWith('Way '))).toHaveLength(forks)
  },
)

test('killed when a fork has its slot and no machine: it ends, and goes on with all that it was copied from', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = guestThatForks()
  const doom: Doom = { when: 'after', event: 'slot-leased', skip: 1 }
  const request = JSON.stringify({ root, guest, fork: 'way' })
  expect(await run(process.execPath, [program, request, JSON.stringify(doom)])).toMatchObject({ signal: 'SIGKILL' })
  await using second = await startOrchestrator({ root, guest })
  const { orchestrator } = second
  const ends = await Promise.all((await orchestrator.list()).map(({ id }) => untilEnded(orchestrator, id)))
  const cut = ends.find(({ state }) => state.phase === 'finished' && state.outcome.kind === 'failed')
  if (!cut) throw new Error('None was cut off')
  expect(cut.state).toMatchObject({ outcome: { failure: { code: 'interrupted', hint: 'continue_task has it go on' } } })
  await orchestrator.continue(cut.id, { text: 'more' })
  expect(await untilEnded(orchestrator, cut.id)).toMatchObject({
    ...{ state: { outcome: { kind: 'merged' } }, result: { usage: { costUsd: 0.5, sessionId: cut.fork?.copy } } },
  })
})

test.for<[string, Doom]>([
  ['before it is on record that its clone is in its place', { when: 'before', event: 'cloned', skip: 1 }],
  ['before its end is on record', { when: 'after', event: 'cloned', skip: 1 }],
])(
  'killed while a fork that waits is cancelled, %s: it waits as before, and runs with all that it was copied from',
  async ([, doom]) => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    const guest = guestThatForks('[ -e left ] || echo left > left')
    const request = JSON.stringify({ root, guest, fork: 'way', cancelled: true })
    expect(await run(process.execPath, [program, request, JSON.stringify(doom)])).toMatchObject({ signal: 'SIGKILL' })
    await using second = await startOrchestrator({ root, guest })
    const { orchestrator, home } = second
    const ends = await Promise.all((await orchestrator.list()).map(({ id }) => untilEnded(orchestrator, id)))
    const fork = ends.find((task) => task.fork)
    if (!fork) throw new Error('It is gone')
    expect(fork).toMatchObject({
      ...{ state: { outcome: { kind: 'merged' } }, result: { usage: { costUsd: 0.5, sessionId: fork.fork?.copy } } },
    })
    expect(await readFile(join(taskFiles(home, fork.id).repo, 'left'), 'utf8')).toBe('left\n')
  },
)
