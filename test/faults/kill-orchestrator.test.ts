import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { statusOf } from '../../main/core/view.ts'
import { findDetached } from '../../main/lib/find-processes.ts'
import { run } from '../../main/lib/spawn.ts'
import { taskFiles } from '../../main/tasks/task-files.ts'
import type { Doom } from '../support/doomed-orchestrator.ts'
import { guestWithLimit } from '../support/limited-guest.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { gitIn } from '../support/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/doomed-orchestrator.ts')

/** Runs a task in an orchestrator that is killed at the point, then starts another one in its place and sees the task end. */
async function killAndRestart(doom: Doom, guest = guestThatCommits('greeting.txt', 'sleep 0.6')) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const killed = await run(process.execPath, [program, JSON.stringify({ root, guest }), JSON.stringify(doom)])
  expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })

  const second = await startOrchestrator({ root, guest })
  const tasks = await second.orchestrator.list()
  const [task] = await Promise.all(tasks.map(({ id }) => untilEnded(second.orchestrator, id)))
  await expect.poll(() => second.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
  await second[Symbol.asyncDispose]()

  const events = second.events.read(0)
  expect(events.map(({ taskId, type }) => ({ taskId, type }))).toEqual(
    tasks.map(({ id }) => ({ taskId: id, type: task ? statusOf(task.state) : '' })),
  )
  expect(await findDetached(root)).toEqual([])
  expect(await readdir(join(root, 'run')).catch(() => [])).toEqual([])
  expect(JSON.parse(await readFile(join(root, 'home', 'unfinished.json'), 'utf8'))).toMatchObject({ tasks: {} })
  expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
  for (const { id } of tasks) {
    await expect(access(join(taskFiles(repo, id).share, '.api-key'))).rejects.toThrow('ENOENT')
    const clone = taskFiles(repo, id).repo
    if (!(await gitIn(clone, ['log', '-1', '--format=%s']).catch(() => '')).startsWith('Add greeting')) continue
    const holders = ['refs/heads/main', `refs/tasks/${id}`]
    const held = await Promise.all(
      holders.map((ref) => run('git', ['-C', repo, 'cat-file', '-e', `${ref}:greeting.txt`])),
    )
    expect(held.some(({ ok }) => ok)).toBe(true)
  }

  const third = await startOrchestrator({ root, guest })
  expect(third.events.read(0)).toEqual(events)
  await third[Symbol.asyncDispose]()
  return task
}

const named = (dooms: readonly Doom[]): [string, Doom][] =>
  dooms.map((doom) => [
    'event' in doom
      ? `${doom.when} ${doom.skip === undefined ? '' : 'the next '}'${doom.event}' is on disk`
      : `at command ${doom.command} after '${doom.after}'`,
    doom,
  ])

describe('SIGKILL of the orchestrator', () => {
  test('before a task is on record leaves nothing of it: nobody was told its id', async () => {
    expect(await killAndRestart({ when: 'before', event: 'created' })).toBeUndefined()
  })

  test.each<[string, Doom]>(
    named([
      { when: 'after', event: 'created' },
      { when: 'before', event: 'slot-leased' },
      { when: 'after', event: 'slot-leased' },
      { command: 1, after: 'slot-leased' },
      { command: 4, after: 'slot-leased' },
      { when: 'before', event: 'cloned' },
      { when: 'after', event: 'cloned' },
    ]),
  )('%s fails the task with the reason: it had no machine', async (_point, doom) => {
    expect((await killAndRestart(doom))?.state).toMatchObject({ outcome: { failure: { code: 'interrupted' } } })
  })

  test('before the start of its machine is on record leaves no machine unseen, and the work at a ref', async () => {
    expect((await killAndRestart({ when: 'before', event: 'machine-started' }))?.state).toMatchObject({
      phase: 'finished',
    })
  })

  test.each<[string, Doom]>(
    named([
      ...['machine-started', 'agent-started', 'machine-exited', 'salvaged', 'result-read', 'merge-tried', 'finished']
        .flatMap((event) => [{ when: 'before', event } as const, { when: 'after', event } as const])
        .slice(1),
      { when: 'before', event: 'completed' },
      { when: 'after', event: 'completed' },
      { when: 'before', event: 'announced' },
      { when: 'after', event: 'announced' },
      ...[1, 4, 8, 12].map((command) => ({ command, after: 'machine-exited' })),
      ...[1, 3, 5].map((command) => ({ command, after: 'result-read' })),
    ]),
  )('%s ends with the task merged as if nothing had happened', async (_point, doom) => {
    expect((await killAndRestart(doom))?.state).toMatchObject({ outcome: { kind: 'merged' } })
  })

  test.each<[string, Doom]>(
    named([
      { when: 'before', event: 'parked' },
      { when: 'after', event: 'parked' },
      ...(['slot-leased', 'machine-started', 'machine-exited', 'salvaged', 'finished'] as const).flatMap((event) =>
        (['before', 'after'] as const).map((when) => ({ when, event, ...(event !== 'finished' && { skip: 1 }) })),
      ),
    ]),
  )('%s of a task at its usage limit has it go on at the reset, and merged once', async (_point, doom) => {
    expect((await killAndRestart(doom, guestWithLimit(1)))?.state).toMatchObject({ outcome: { kind: 'merged' } })
  })
})
