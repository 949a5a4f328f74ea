import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskInfo } from '../../../main/api/views.ts'
import { waitNextEvent } from '../../../main/api/wait-next-event.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { RunRate } from '../../../main/tasks/admission/run-rate.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import {
  guestThatCommits,
  type OrchestratorSetup,
  registeredRepository,
  startOrchestrator,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Of `expect.poll`, which gives up after a second otherwise: the test's own time limit is the only one. */
const patience = { timeout: 300_000 }

/** Each guest works until a file named `go-TEXT`, or `go`, appears beside the machines' folders. */
const waiting = guestThatCommits(
  '$(cat $SHARE/task.md).txt',
  'until [ -e $HOME/../go ] || [ -e "$HOME/../go-$(cat $SHARE/task.md)" ]; do sleep 0.05; done',
)

async function place(setup: Partial<OrchestratorSetup> = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await mkdir(join(root, 'run'), { recursive: true })
  return {
    repo,
    start: (more: Partial<OrchestratorSetup> = {}) => startOrchestrator({ root, guest: waiting, ...setup, ...more }),
    go: (name?: string) => writeFile(join(root, 'run', name === undefined ? 'go' : `go-${name}`), ''),
  }
}

type Started = Awaited<ReturnType<typeof startOrchestrator>>

const enqueue = ({ orchestrator }: Started, description: string, priority?: number) =>
  orchestrator.run({ description, repo: 'project', queue: true, ...(priority !== undefined && { priority }) })
const started = ({ orchestrator }: Started, id: TaskId) =>
  expect.poll(async () => (await orchestrator.get(id)).state.phase, patience).not.toBe('queued')

/** One task runs, and the host has no memory beside it. */
const oneAtATime = { limits: { memoryMiB: 1000 }, hostMemory: () => Promise.resolve(900) }

test('while the queue is paused nothing that waits begins, though slots are free; what may not wait does, and all goes on later', async () => {
  const { start, go } = await place()
  let isPaused = true
  await using setup = await start({ isQueuePaused: () => isPaused })
  const { orchestrator } = setup
  await go()
  const held = await enqueue(setup, 'held')
  const direct = await orchestrator.run({ description: 'direct', repo: 'project' })
  await untilEnded(orchestrator, direct)
  expect((await orchestrator.get(held)).state.phase).toBe('queued')
  expect(orchestrator.queuePosition(held)).toBe(1)
  isPaused = false
  orchestrator.settingsChanged()
  expect((await untilEnded(orchestrator, held)).state).toMatchObject({ phase: 'finished' })
})

test('with all slots busy a task waits with its place, comes in when one ends, and a plain call still fails', async () => {
  const { start, go } = await place()
  await using setup = await start()
  const { orchestrator } = setup
  const names = Array.from({ length: 10 }, (_, n) => `f${n}`)
  const running = await Promise.all(names.map((description) => orchestrator.run({ description, repo: 'project' })))
  const first = await enqueue(setup, 'first')
  const second = await enqueue(setup, 'second')
  await expect(orchestrator.run({ description: 'plain', repo: 'project' })).rejects.toThrow(/^All 10 slots are busy/)
  expect([orchestrator.queuePosition(first), orchestrator.queuePosition(second)]).toEqual([1, 2])
  expect(taskInfo(await orchestrator.get(second), orchestrator)).toMatchObject({
    status: 'pending',
    queue_position: 2,
    slot: null,
  })

  await go('f3')
  await started(setup, first)
  expect(orchestrator.queuePosition(second)).toBe(1)
  expect(taskInfo(await orchestrator.get(first), orchestrator)).not.toHaveProperty('queue_position')
  await go()
  for (const id of [...running, first, second]) {
    expect(taskView(await untilEnded(orchestrator, id)).merge_result).toMatchObject({ merged: true })
  }
})

test('a higher priority goes first, and a task that is cancelled while it waits ends so and leaves its place', async () => {
  const { start, go } = await place(oneAtATime)
  await using setup = await start()
  const { orchestrator, events } = setup
  const running = await enqueue(setup, 'running')
  await started(setup, running)
  const [low, gone, high] = [await enqueue(setup, 'low'), await enqueue(setup, 'gone'), await enqueue(setup, 'high', 5)]
  expect([high, low, gone].map((id) => orchestrator.queuePosition(id))).toEqual([1, 2, 3])
  await orchestrator.cancel(gone)
  expect((await untilEnded(orchestrator, gone)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  await orchestrator.cancel(gone)
  await go('running')
  await started(setup, high)
  expect((await orchestrator.get(low)).state.phase).toBe('queued')
  await go()
  await untilEnded(orchestrator, high)
  await untilEnded(orchestrator, low)
  expect(events.read(0).map(({ taskId }) => taskId)).toEqual([gone, running, high, low])
})

test('a plain call that the host has no memory for names the figures, and leaves nothing behind', async () => {
  const { start, go } = await place(oneAtATime)
  await using setup = await start()
  const first = await setup.orchestrator.run({ description: 'first', repo: 'project' })
  await expect(setup.orchestrator.run({ description: 'second', repo: 'project' })).rejects.toMatchObject({
    code: 'memory-short',
    message: expect.stringMatching(/needs 1000 MiB, and of 900 MiB available \d+ MiB are left .* 1 running/),
  })
  expect(await setup.orchestrator.list()).toHaveLength(1)
  expect(setup.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toHaveLength(1)
  await go()
  await untilEnded(setup.orchestrator, first)
})

test('tasks that wait are on record as created, survive a restart in their order, and are waited for', async () => {
  const { start, go } = await place(oneAtATime)
  const first = await start()
  const running = await enqueue(first, 'running')
  await started(first, running)
  await expect.poll(async () => (await first.orchestrator.get(running)).state.phase, patience).toBe('working')
  const [low, high] = [await enqueue(first, 'low'), await enqueue(first, 'high', 1)]
  await first[Symbol.asyncDispose]()
  const lines = (await readFile(taskFiles(first.home, low).events, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['created'])

  await using second = await start()
  const { orchestrator, events } = second
  expect([orchestrator.queuePosition(high), orchestrator.queuePosition(low)]).toEqual([1, 2])
  await go()
  const consumer = await events.join('test', { durable: false })
  for (const id of [running, high, low]) {
    const waited = await waitNextEvent(
      orchestrator,
      consumer,
      { timeoutMs: 60_000, tickMs: 1000 },
      new AbortController().signal,
    )
    if (waited.kind !== 'event') throw new Error(`Answered ${waited.kind} with tasks in the queue`)
    expect(waited.delivery.event).toMatchObject({ taskId: id, type: 'completed' })
    await waited.delivery.acknowledge()
  }
})

test('the setting makes every call wait, and a call may say otherwise', async () => {
  const { start, go } = await place({ ...oneAtATime, queue: true })
  await using setup = await start()
  const { orchestrator } = setup
  const first = await orchestrator.run({ description: 'first', repo: 'project' })
  await started(setup, first)
  const second = await orchestrator.run({ description: 'second', repo: 'project' })
  expect(orchestrator.queuePosition(second)).toBe(1)
  await expect(orchestrator.run({ description: 'third', repo: 'project', queue: false })).rejects.toMatchObject({
    code: 'memory-short',
  })
  await go()
  await untilEnded(orchestrator, first)
  await untilEnded(orchestrator, second)
})

test('a client that asks in a loop fills the queue as far as it likes, and with a rate only as far as that', async () => {
  const askFor = async (count: number, setup: Partial<OrchestratorSetup>) => {
    const { start } = await place({ ...oneAtATime, ...setup })
    await using server = await start()
    let code: string | undefined
    for (let n = 0; n < count && code === undefined; n++) {
      await enqueue(server, `f${n}`).catch((error: { code?: string }) => {
        code = error.code
      })
    }
    return { code, tasks: (await server.orchestrator.list()).length }
  }
  expect(await askFor(8, {})).toEqual({ code: undefined, tasks: 8 })
  const rate = { burst: 5, perMinute: 0.01 }
  const runRate = new RunRate({ perClient: rate, overall: rate })
  expect(await askFor(8, { runRate })).toEqual({ code: 'rate-limited', tasks: 5 })
})
