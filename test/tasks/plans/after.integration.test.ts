import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskInfo } from '../../../main/api/views.ts'
import { waitNextEvent } from '../../../main/api/wait-next-event.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { setMergePolicy } from '../../../main/settings/repositories.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Commits a file of the task's text, and one with what was there before it. A text that begins with `fail` fails until the file `mended` is beside the machines. */
const guest = `
set -e
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
name=$(cat $SHARE/task.md | tr -cd 'a-z0-9-')
until [ -e $HOME/../go ] || [ -e "$HOME/../go-$name" ]; do sleep 0.02; done
case "$name" in fail*) if ! [ -e $HOME/../mended ]; then echo '{"success":false,"summary":"","files_changed":[],"commits":0,"error":"No"}' > $SHARE/result.json; exit 0; fi;; esac
ls > "saw-$name"
echo text > "$name"
git add -A
git commit -q -m "Add $name"
echo '${successJson}' > $SHARE/result.json
`

async function place() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await mkdir(join(root, 'run'), { recursive: true })
  return {
    ...{ root, repo },
    start: () => startOrchestrator({ root, guest }),
    touch: (name: string) => writeFile(join(root, 'run', name), ''),
  }
}

type Started = Awaited<ReturnType<typeof startOrchestrator>>
const info = async ({ orchestrator }: Started, id: TaskId) => taskInfo(await orchestrator.get(id), orchestrator)
const saw = (repo: string, name: string) => gitIn(repo, ['show', `refs/heads/main:saw-${name}`])

test('a task begins when those before it have ended, from their result, and says what it waits for', async () => {
  const { repo, start, touch } = await place()
  await using setup = await start()
  const { orchestrator } = setup
  const first = await orchestrator.run({ description: 'first', repo: 'project' })
  const second = await orchestrator.run({ description: 'second', repo: 'project' })
  const third = await orchestrator.run({ description: 'third', repo: 'project', after: [first, second] })
  await expect.poll(() => orchestrator.readiness(third)).toEqual({ kind: 'waits', for: [first, second] })
  expect(await info(setup, third)).toMatchObject({
    status: 'pending',
    after: [first, second],
    waits_for: [first, second],
  })
  expect(orchestrator.queuePosition(third)).toBeNull()
  await touch('go-first')
  await untilEnded(orchestrator, first)
  await expect(orchestrator.cleanup(first, { deleteRef: false, by: 'person' })).rejects.toMatchObject({
    code: 'task-busy',
    message: `Task ${third} comes after task ${first} and has not begun`,
  })
  await expect.poll(() => orchestrator.readiness(third)).toEqual({ kind: 'waits', for: [second] })
  expect((await orchestrator.get(third)).state.phase).toBe('queued')
  await touch('go')
  expect((await untilEnded(orchestrator, third)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect((await saw(repo, 'third')).split('\n')).toEqual(expect.arrayContaining(['first', 'second']))
  await expect(
    orchestrator.run({ description: 'x', repo: 'project', after: ['ffffffff' as TaskId] }),
  ).rejects.toMatchObject({
    code: 'task-unknown',
  })
})

test('work that waits for a review is what a task after it starts from', async () => {
  const { repo, root, start, touch } = await place()
  await setMergePolicy(join(root, 'home'), 'project', { merge: 'review' })
  await touch('go')
  await using setup = await start()
  const first = await setup.orchestrator.run({ description: 'first', repo: 'project' })
  const second = await setup.orchestrator.run({ description: 'second', repo: 'project', after: [first] })
  const ended = await untilEnded(setup.orchestrator, second)
  expect(ended.chosenBase).toMatchObject({ kind: 'commit', name: first })
  expect(ended.startCommit).toBe((await setup.orchestrator.get(first)).work?.commit)
  expect(await gitIn(repo, ['show', `refs/tasks/${second}:saw-second`])).toContain('first')
})

test('a failure holds what comes after it over a restart, nobody waits for that in vain, and a run in its place lets it go on', async () => {
  const { repo, start, touch } = await place()
  await touch('go')
  const { failing, next, last } = await (async () => {
    await using setup = await start()
    const failing = await setup.orchestrator.run({ description: 'fail-once', repo: 'project' })
    const next = await setup.orchestrator.run({ description: 'next', repo: 'project', after: [failing] })
    const last = await setup.orchestrator.run({ description: 'last', repo: 'project', after: [next] })
    await untilEnded(setup.orchestrator, failing)
    await expect.poll(() => setup.orchestrator.readiness(next)).toMatchObject({ kind: 'held', by: failing })
    return { failing, next, last }
  })()
  await using setup = await start()
  const { orchestrator } = setup
  await expect.poll(() => orchestrator.readiness(next)).toMatchObject({ kind: 'held', by: failing })
  expect(await info(setup, next)).toMatchObject({ held_because: expect.stringMatching(/has failed\. .*retry_task/) })
  expect(orchestrator.readiness(last)).toEqual({ kind: 'waits', for: [next] })
  const consumer = await setup.events.join('test', { durable: false })
  const wait = () =>
    waitNextEvent(orchestrator, consumer, { timeoutMs: 60_000, tickMs: 1000 }, new AbortController().signal)
  const told = await wait()
  if (told.kind === 'event') await told.delivery.acknowledge()
  expect(await wait()).toEqual({ kind: 'no-running-tasks' })
  await touch('mended')
  const again = await orchestrator.run({ description: 'fail-once', repo: 'project', retries: failing })
  expect((await untilEnded(orchestrator, last)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect((await orchestrator.get(again)).retries).toBe(failing)
  expect((await saw(repo, 'last')).split('\n')).toEqual(expect.arrayContaining(['fail-once', 'next']))
})

test('a plan is refused as a whole, runs in its order, and is stopped as a whole', async () => {
  const { repo, root, start, touch } = await place()
  await using setup = await start()
  const { orchestrator } = setup
  const task = (name: string, ...after: string[]) => ({
    name,
    description: name,
    repo: 'project',
    ...(after.length > 0 && { after }),
  })
  await expect(orchestrator.runPlan([task('a', 'b'), task('b', 'a')])).rejects.toThrow(/circle/)
  await expect(orchestrator.runPlan([task('a'), { ...task('b', 'a'), base: 'nowhere' }])).rejects.toThrow(
    /^Task 'b' of the plan: No branch, tag, commit or task is named 'nowhere'/,
  )
  await expect(orchestrator.runPlan([task('a'), task('b', 'ffffffff')])).rejects.toMatchObject({ code: 'task-unknown' })
  expect(await orchestrator.list()).toEqual([])
  await touch('go')
  const plan = await orchestrator.runPlan([
    task('join', 'left', 'right'),
    task('left', 'base'),
    task('right', 'base'),
    task('base'),
  ])
  expect([...plan.tasks.keys()]).toEqual(['base', 'left', 'right', 'join'])
  const join_ = plan.tasks.get('join') as TaskId
  expect((await untilEnded(orchestrator, join_)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect((await saw(repo, 'join')).split('\n')).toEqual(expect.arrayContaining(['base', 'left', 'right']))
  expect((await saw(repo, 'left')).split('\n')).toContain('base')
  await rm(join(root, 'run', 'go'))
  const other = await orchestrator.runPlan([task('one'), task('two', 'one'), task('three', 'two', join_)])
  await expect.poll(async () => (await orchestrator.get(other.tasks.get('one') as TaskId)).state.phase).toBe('working')
  expect(await orchestrator.cancelPlan(other.id)).toHaveLength(3)
  for (const id of other.tasks.values())
    expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  expect(await orchestrator.cancelPlan(other.id)).toEqual([])
  await expect(orchestrator.cancelPlan('00000000')).rejects.toMatchObject({ code: 'argument-invalid' })
})

test('a plan goes on after a restart; one that was never whole is cancelled, and nothing of it begins', async () => {
  const { root, start, touch } = await place()
  const plans = join(root, 'home', 'plans')
  const { whole, partial } = await (async () => {
    await using setup = await start()
    const task = (name: string, ...after: string[]) => ({ name, description: name, repo: 'project', after })
    const whole = await setup.orchestrator.runPlan([task('one'), task('two', 'one')])
    await expect
      .poll(async () => (await setup.orchestrator.get(whole.tasks.get('one') as TaskId)).state.phase)
      .toBe('working')
    const partial = await setup.orchestrator.runPlan([
      task('three', whole.tasks.get('two') as TaskId),
      task('four', 'three'),
    ])
    return { whole, partial }
  })()
  expect(await readdir(plans)).toHaveLength(2)
  await rm(join(plans, `${partial.id}.json`)) // As if the server had died before the plan was whole.
  await touch('go')
  await using setup = await start()
  const outcomes = (ids: ReadonlyMap<string, TaskId>) =>
    Promise.all([...ids.values()].map(async (id) => (await untilEnded(setup.orchestrator, id)).state))
  expect(await outcomes(partial.tasks)).toMatchObject([
    { outcome: { kind: 'cancelled' } },
    { outcome: { kind: 'cancelled' } },
  ])
  expect(await outcomes(whole.tasks)).toMatchObject([{ outcome: { kind: 'merged' } }, { outcome: { kind: 'merged' } }])
  expect(existsSync(join(root, 'home', 'tasks', [...partial.tasks.values()][0] ?? '', 'repo'))).toBe(false)
})
