import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { statusOf } from '../../main/core/task/view.ts'
import { tasksDirectory } from '../../main/lib/files/paths.ts'
import { findDetached } from '../../main/lib/processes/find-processes.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import type { WorkerDoom } from '../support/faults/doom-workers.ts'
import type { Doom } from '../support/faults/doomed-orchestrator.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestWithLimit } from '../support/machines/limited-guest.ts'
import {
  guestThatCommits,
  guestThatWaits,
  registeredRepository,
  startOrchestrator,
  untilEnded,
} from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = join(import.meta.dirname, '../support/faults/doomed-orchestrator.ts')

/** Runs a task in an orchestrator that is killed at the point, then starts another one in its place and sees the task end. */
async function killAndRestart(doom: Doom, guest = guestThatCommits('greeting.txt', 'sleep 0.6'), warm = false) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const killed = await run(process.execPath, [program, JSON.stringify({ root, guest, warm }), JSON.stringify(doom)])
  expect(killed, killed.stdout + killed.stderr).toMatchObject({ signal: 'SIGKILL' })

  const second = await startOrchestrator({ root, guest })
  const tasks = await second.orchestrator.list()
  const ended = await Promise.all(tasks.map(({ id }) => untilEnded(second.orchestrator, id)))
  await expect.poll(() => second.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
  await second[Symbol.asyncDispose]()

  const events = second.events.read(0)
  expect(events.map(({ taskId, type }) => ({ taskId, type }))).toEqual(
    ended.map(({ id, state }) => ({ taskId: id, type: statusOf(state) })),
  )
  expect(await findDetached(root)).toEqual([])
  expect(await readdir(join(root, 'run')).catch(() => [])).toEqual([])
  if (warm)
    expect((await readdir(tasksDirectory(second.home))).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted())
  expect(
    JSON.parse(await readFile(join(root, 'home', 'unfinished.json'), 'utf8').catch(() => '{"tasks":{}}')),
  ).toMatchObject({ tasks: {} })
  expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
  for (const { id } of tasks) {
    await expect(access(join(taskFiles(second.home, id).share, '.api-key'))).rejects.toThrow('ENOENT')
    const clone = taskFiles(second.home, id).repo
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
  return ended.at(-1)
}

const named = (dooms: readonly Doom[]): [string, Doom][] => dooms.map((doom) => [nameOf(doom), doom])

function nameOf(doom: Doom): string {
  if ('event' in doom) return `${doom.when} ${doom.skip === undefined ? '' : 'the next '}'${doom.event}' is on disk`
  if ('about' in doom) return `at command ${doom.command} about ${doom.about}`
  if ('after' in doom) return `at command ${doom.command} after '${doom.after}'`
  return `${doom.dies === 'both' ? 'and of its worker ' : ''}at command ${doom.command} of the ${doom.job}`
}

/** `KILL_POINTS=all` takes every point, and every command of a job with and without the worker; else those that are named, by turns. */
const isWhole = process.env.KILL_POINTS === 'all'
const inWorker = (job: WorkerDoom['job'], some: readonly WorkerDoom['command'][], last: number): WorkerDoom[] =>
  isWhole
    ? [...Array.from({ length: last }, (_, index) => index + 1), 'end' as const].flatMap((command) => [
        { job, command, dies: 'both' },
        { job, command, dies: 'orchestrator' },
      ])
    : some.map((command, index) => ({ job, command, dies: index % 2 === 0 ? 'both' : 'orchestrator' }))

/** After one event is close to before the next one: left out here, unless all are wanted. */
const sampled = (dooms: readonly Doom[]): readonly Doom[] =>
  isWhole ? dooms : dooms.filter((doom) => !('when' in doom) || doom.when === 'before' || doom.event === 'announced')

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
    named(
      sampled([
        ...['machine-started', 'agent-started', 'machine-exited', 'salvaged', 'result-read', 'merge-tried', 'finished']
          .flatMap((event) => [{ when: 'before', event } as const, { when: 'after', event } as const])
          .slice(1),
        { when: 'before', event: 'completed' },
        { when: 'after', event: 'completed' },
        { when: 'before', event: 'announced' },
        { when: 'after', event: 'announced' },
        ...inWorker('salvage', [1, 5, 14, 'end'], 16),
        ...inWorker('merge', [1, 4, 7, 'end'], 7),
      ]),
    ),
  )('%s ends with the task merged as if nothing had happened', async (_point, doom) => {
    expect((await killAndRestart(doom))?.state).toMatchObject({ outcome: { kind: 'merged' } })
  })

  test.each<[string, Doom]>(
    named(
      sampled([
        { when: 'before', event: 'parked' },
        { when: 'after', event: 'parked' },
        ...(['slot-leased', 'machine-started', 'machine-exited', 'salvaged', 'finished'] as const).flatMap((event) =>
          (['before', 'after'] as const).map((when) => ({ when, event, ...(event !== 'finished' && { skip: 1 }) })),
        ),
      ]),
    ),
  )('%s of a task at its usage limit has it go on at the reset, and merged once', async (_point, doom) => {
    expect((await killAndRestart(doom, guestWithLimit(1)))?.state).toMatchObject({ outcome: { kind: 'merged' } })
  })

  describe('with a machine that was booted ahead', () => {
    const guest = guestThatWaits(guestThatCommits('greeting.txt', 'sleep 0.6; echo "$(cat $SHARE/task.md)" >>said.txt'))
    const killAhead = (doom: Doom) => killAndRestart(doom, guest, true)

    test.each<[string, Doom]>(
      named([
        { when: 'after', event: 'announced' },
        // While the agent of the next task is being loaded there.
        { command: 1, about: '/ahead/clone' },
        { command: 2, about: '/ahead/clone' },
      ]),
    )('that waits %s leaves none of it', async (_point, doom) => {
      expect((await killAhead(doom))?.state).toMatchObject({ outcome: { kind: 'merged' } })
    })

    test.each<[string, Doom]>(
      named([
        { when: 'before', event: 'slot-leased', skip: 1 },
        { when: 'after', event: 'slot-leased', skip: 1 },
        { when: 'after', event: 'cloned', skip: 1 },
      ]),
    )('%s fails its task with the reason: it had no machine yet', async (_point, doom) => {
      expect((await killAhead(doom))?.state).toMatchObject({ outcome: { failure: { code: 'interrupted' } } })
    })

    test('before it is on record that it has its task leaves no machine unseen, and the work at a ref', async () => {
      const task = await killAhead({ when: 'before', event: 'machine-started', skip: 1 })
      expect(task?.state).toMatchObject({ phase: 'finished' })
    })

    test.each<[string, Doom]>(
      named([
        { when: 'after', event: 'machine-started', skip: 1 },
        { when: 'after', event: 'agent-started', skip: 1 },
        { when: 'before', event: 'machine-exited', skip: 1 },
      ]),
    )('%s ends with its task merged as if nothing had happened', async (_point, doom) => {
      expect((await killAhead(doom))?.state).toMatchObject({ outcome: { kind: 'merged' } })
    })
  })
})
