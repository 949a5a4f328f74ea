import { lstat, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { limitedSession } from '../../support/machines/limited-guest.ts'
import { guestThatListens } from '../../support/machines/listening-guest.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

type Setup = Awaited<ReturnType<typeof startOrchestrator>>

async function working(guest: string, options: Partial<Parameters<typeof startOrchestrator>[0]> = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest, ...options })
  const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
  await inPhase(setup, id, 'working')
  const share = filesOf(await setup.orchestrator.get(id)).share
  return {
    ...{ ...setup, root, repo, id, share },
    heard: async () => (await readFile(join(share, 'heard'), 'utf8')).split('\n').filter((line) => line !== ''),
    enough: () => writeFile(join(share, 'enough'), ''),
    states: async () => (await setup.orchestrator.get(id)).messages.map(({ state }) => state),
  }
}

const inPhase = ({ orchestrator }: Pick<Setup, 'orchestrator'>, id: TaskId, phase: string) =>
  expect.poll(async () => (await orchestrator.get(id)).state.phase).toBe(phase)

test('what an agent at work is told is on record at once, reaches it once, and shows what became of it', async () => {
  await using at = await working(guestThatListens())
  const { orchestrator, id } = at
  const first = await orchestrator.tell(id, 'Use the other one', 'next')
  const second = await orchestrator.tell(id, '/clear', 'after')
  await expect.poll(at.states).toEqual(['answered', 'answered'])
  expect(await at.heard()).toEqual([first, second])
  await at.enough()
  const task = await untilEnded(orchestrator, id)
  expect(taskView(task).messages).toMatchObject([
    { id: first, kind: 'text', text: 'Use the other one', when: 'next', state: 'answered' },
    { id: second, kind: 'text', text: '/clear', when: 'after', state: 'answered' },
  ])
  expect(taskView(task).notes).toEqual([])
  await expect(orchestrator.tell(id, 'More', 'next')).rejects.toMatchObject({
    ...{ code: 'task-ended', hint: expect.stringContaining('continue_task') },
  })
  await expect(orchestrator.interrupt(id)).rejects.toMatchObject({ code: 'task-ended' })
})

test('a text that comes when the agent takes no more is refused, and one that it never reads is lost and told so', async () => {
  await using at = await working(`
touch $SHARE/started; rm -f $SHARE/.api-key
until [ -e $SHARE/enough ]; do sleep 0.02; done
echo '${successJson}' >$SHARE/result.json`)
  const { orchestrator, id, events } = at
  await orchestrator.tell(id, 'Never read', 'next')
  await orchestrator.interrupt(id)
  await writeFile(join(at.share, 'inbox-closed'), '')
  await expect(orchestrator.tell(id, 'Too late', 'next')).rejects.toMatchObject({
    code: 'task-busy',
    message: expect.stringContaining('too late'),
  })
  await at.enough()
  const task = await untilEnded(orchestrator, id)
  expect(task.messages.map(({ state }) => state)).toEqual(['lost', 'lost'])
  expect(taskView(task).notes).toEqual([expect.stringMatching(/^A message was not read before the task ended/)])
  expect(events.read(0)).toMatchObject([{ notes: [expect.stringMatching(/^A message was not read/)] }])

  await orchestrator.continue(id, { text: 'Go on' })
  expect((await orchestrator.get(id)).messages.map(({ state }) => state)).toEqual(['queued', 'lost'])
  await untilEnded(orchestrator, id)
})

test('a text for a task that waits is read when it works; there is nothing to interrupt before', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  let paused = true
  await using setup = await startOrchestrator({ root, guest: guestThatListens(), isQueuePaused: () => paused })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'work', repo: 'project', queue: true })
  const message = await orchestrator.tell(id, 'Before it began', 'next')
  await expect(orchestrator.interrupt(id)).rejects.toMatchObject({ code: 'task-busy' })
  paused = false
  orchestrator.settingsChanged()
  const { share } = filesOf(await orchestrator.get(id))
  await expect.poll(() => readFile(join(share, 'heard'), 'utf8').catch(() => '')).toBe(`${message}\n`)
  await writeFile(join(share, 'enough'), '')
  expect((await untilEnded(orchestrator, id)).messages).toMatchObject([{ id: message, state: 'answered' }])
})

test('what was not read when a task is parked is read by its next machine, and by no machine twice', async () => {
  const limit = JSON.stringify({
    type: 'result',
    is_error: true,
    api_error: 'usage_limit_reached',
    session_id: limitedSession,
  })
  const failure = successJson.replace('true', 'false').replace('null', '"The API answered 429"')
  // The first machine hears one message and ends at the limit; the second one hears what is left.
  const first = `
resets=$(($(date +%s) + 1))
if ! grep -qz '^MICROVM_RESUME_SESSION=' $SHARE/environment; then
  echo '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":'$resets'}}' >>$SHARE/claude-stream.jsonl
  echo '${limit}' >>$SHARE/claude-stream.jsonl
  echo '${failure}' >$SHARE/result.json
  exit
fi`
  await using at = await working(`rm -f $SHARE/enough\n${guestThatListens().replace('\nhear\n', `\n${first}\nhear\n`)}`)
  const { orchestrator, id } = at
  const read = await orchestrator.tell(id, 'Read before', 'next')
  await expect.poll(at.states).toEqual(['answered'])
  await at.enough()
  await inPhase(at, id, 'parked')
  const unread = await orchestrator.tell(id, 'Read after', 'next')
  await inPhase(at, id, 'working')
  await expect.poll(at.states).toEqual(['answered', 'answered'])
  expect(await at.heard()).toEqual([read, unread])
  const lines = (await readFile(join(at.share, 'messages.jsonl'), 'utf8')).split('\n')
  expect(lines.filter((line) => line.includes(read))).toEqual([])
  await at.enough()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect((await subjectsOf(at.repo))[0]).toBe('Add done')
})

test('a guest that lies about messages, links the names away or makes folders of them harms its own task alone', async () => {
  const root = await temporaryFolder()
  const victim = join(root, 'victim')
  await writeFile(victim, 'untouched')
  const forged = '{"type":"command_lifecycle","command_uuid":"00000000-0000-4000-8000-000000000000","state":"started"}'
  const mischief = `ln -s ${victim} $SHARE/messages.jsonl; ln -s ${victim} $SHARE/.messages.jsonl
for n in $(seq 3000); do echo '${forged}'; done >>$SHARE/claude-stream.jsonl`
  await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: `${mischief}\n${guestThatListens()}` })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'work', repo: 'project' })
  await inPhase(setup, id, 'working')
  const { share, events } = filesOf(await orchestrator.get(id))
  await orchestrator.tell(id, 'Secret of the host', 'next')
  await expect.poll(async () => (await orchestrator.get(id)).messages[0]?.state).toBe('answered')
  expect(await readFile(victim, 'utf8')).toBe('untouched')
  expect((await lstat(join(share, 'messages.jsonl'))).isFile()).toBe(true)
  expect((await readFile(events, 'utf8')).match(/messages-read/g)?.length).toBeLessThanOrEqual(2)
  await writeFile(join(share, 'enough'), '')
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(await gitIn(join(root, 'project'), ['log', '-1', '--format=%s'])).toBe('Add done')
})

test('a folder in the place of the messages keeps them from its own agent, and the task ends', async () => {
  await using at = await working(`mkdir -p $SHARE/messages.jsonl/full\n${guestThatListens()}`)
  await at.orchestrator.tell(at.id, 'Unread', 'next')
  await at.enough()
  const task = await untilEnded(at.orchestrator, at.id)
  expect(task).toMatchObject({ state: { outcome: { kind: 'merged' } }, messages: [{ state: 'lost' }] })
})

test('what an agent had read whose machine was lost is laid down for the next one, with all that its session may lack', async () => {
  await using at = await working(guestThatListens('', 'kill -KILL $$'))
  const { orchestrator, id, share } = at
  const read = await orchestrator.tell(id, 'Use the other one', 'next')
  await expect.poll(at.states).toEqual(['answered'])
  await at.enough()
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { failure: { code: 'guest-failed' } } })
  const told = async () =>
    (await readFile(join(share, 'told.jsonl'), 'utf8'))
      .split('\n')
      .flatMap((line) => (line === '' ? [] : JSON.parse(line)))
  const first = { id: read, text: 'Use the other one' }
  await orchestrator.continue(id, { text: 'Go on' })
  await untilEnded(orchestrator, id)
  expect(await told()).toEqual([first])
  expect(await readFile(join(share, 'continue.md'), 'utf8')).toBe('Go on')
  await orchestrator.continue(id, { text: 'And on' })
  const { messages } = await untilEnded(orchestrator, id)
  expect(await told()).toEqual([first, { id: `${id}-0000-4000-8000-000000000001`, text: 'Go on' }])
  expect(messages).toMatchObject([{ id: read, state: 'answered' }])
})
