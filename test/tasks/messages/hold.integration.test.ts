import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { guestThatHolds, guestThatListens } from '../../support/machines/listening-guest.ts'
import { registeredRepository, startOrchestrator, testKey, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

type Setup = Awaited<ReturnType<typeof startOrchestrator>>

const inPhase = ({ orchestrator }: Pick<Setup, 'orchestrator'>, id: TaskId, phase: string) =>
  expect.poll(async () => (await orchestrator.get(id)).state.phase).toBe(phase)

async function begun(
  guest: string,
  holdMs?: number,
  limits: Partial<Parameters<typeof startOrchestrator>[0]['limits']> = {},
) {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest, limits: { ...limits } })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'work', repo: 'project', ...(holdMs !== undefined && { holdMs }) })
  await expect.poll(async () => (await orchestrator.get(id)).agentStartedAt).not.toBeNull()
  const { share } = filesOf(await orchestrator.get(id))
  return {
    ...{ ...setup, id, share },
    /** What the guest says of itself. */
    says: (text: string) => writeFile(join(share, 'agent-waits'), text),
    saysNoMore: () => rm(join(share, 'agent-waits')),
    enough: () => writeFile(join(share, 'enough'), ''),
  }
}

test('a task that is held waits for its user, who is told each time, and is merged when it is to finish', async () => {
  await using at = await begun(guestThatHolds(), 90_000)
  const { orchestrator, events, id } = at
  await inPhase(at, id, 'waiting')
  const waiting = taskView(await orchestrator.get(id))
  expect(waiting).toMatchObject({ ...{ status: 'running', said: 'Ready.', hold_ms: 90_000 }, slot: expect.any(Number) })
  expect(Date.parse(waiting.waits_until ?? '') - Date.parse(waiting.waits_since ?? '')).toBeGreaterThan(89_000)
  expect(await readFile(join(at.share, 'environment'), 'utf8')).toContain('MICROVM_HOLD_SECONDS=90\0')
  const idle = () => events.read(0).filter(({ type }) => type === 'idle')
  await expect.poll(idle).toMatchObject([{ taskId: id, said: 'Ready.', since: waiting.waits_since }])
  await orchestrator.tell(id, 'More', 'next')
  expect((await orchestrator.get(id)).state.phase).toBe('working')
  await expect.poll(idle).toHaveLength(2)
  expect(orchestrator.slots().filter(({ taskId }) => taskId === id)).toHaveLength(1)
  await orchestrator.letFinish(id)
  await expect.poll(() => readFile(join(at.share, 'messages.jsonl'), 'utf8')).toContain('"kind":"finish"')
  await at.enough()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  await expect(orchestrator.letFinish(id)).rejects.toMatchObject({ code: 'task-ended' })
})

test('what an agent that waits has said is kept without the key, and never the whole of a long text', async () => {
  await using at = await begun(guestThatListens())
  await at.says(`The key is ${testKey}. ${'x'.repeat(30_000)}`)
  await inPhase(at, at.id, 'waiting')
  const { said = '' } = taskView(await at.orchestrator.get(at.id))
  expect(said).toMatch(/^The key is \[key removed\]\. x+$/)
  expect(said).toHaveLength(16_000)
  await at.saysNoMore()
  await inPhase(at, at.id, 'working')
  await at.enough()
  await untilEnded(at.orchestrator, at.id)
})

test('an agent that waits is not silent: the cap counts what it does when it works', async () => {
  await using at = await begun(guestThatListens(), undefined, { silenceTimeoutMs: 1500 })
  await at.says('Done.')
  await inPhase(at, at.id, 'waiting')
  await sleep(4000)
  expect((await at.orchestrator.get(at.id)).state.phase).toBe('waiting')
  await at.saysNoMore()
  expect((await untilEnded(at.orchestrator, at.id)).state).toMatchObject({ outcome: { failure: { code: 'silent' } } })
})

test('a text that was sent before an interrupt and read after it ends the wait, and the time limit holds also for who waits', async () => {
  await using at = await begun(guestThatListens(), undefined, { taskTimeoutMs: 8000 })
  const { orchestrator, id } = at
  await at.says('') // Interrupted, with a text that its agent has still to read: no wait that anybody hears of.
  await inPhase(at, id, 'waiting')
  await orchestrator.tell(id, 'Later', 'after')
  await orchestrator.interrupt(id)
  expect((await orchestrator.get(id)).state.phase).toBe('working')
  await expect.poll(async () => (await orchestrator.get(id)).messages[0]?.state).toBe('answered')
  await inPhase(at, id, 'waiting')
  expect(taskView(await orchestrator.get(id)).said).toBeNull()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { failure: { code: 'timed-out' } } })
})
