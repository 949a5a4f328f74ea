import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import type { ScriptedTasks } from '../support/claude/scripted-tasks.ts'
import { until } from '../support/until.ts'
import { callTool, connect, initializeBody, mcpHeaders, send, startEndpoint } from '../support/web/mcp-endpoint.ts'

const wait = async (client: Client, args: Record<string, unknown> = {}) =>
  (await callTool(client, 'wait_next_event', args)).value

const run = async (client: Client, repo = 'project') =>
  (await callTool(client, 'run_task', { description: 'x', repo })).value.task_id as TaskId

test('the end of a task that comes while a client waits is told with result and merge', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const id = await run(client)
  const waiting = wait(client)
  await tasks.end(id)
  expect(await waiting).toEqual({
    agent_wrote: { note: expect.any(String), fields: ['result.summary', 'result.files_changed'] },
    type: 'completed',
    task_id: id,
    repo: 'project',
    result: { success: true, summary: 'Done.', files_changed: ['hello.txt'], error: null },
    merge_result: { merged: true, method: 'rebase', commits: 1, conflicts: [], branch: 'main', commit: '2'.repeat(40) },
    error: null,
    seq: 1,
    pending: 0,
    at: expect.any(String),
  })
})

test('a failed task is told with its reason, an unmerged one with its files and its ref', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  await tasks.end(await run(client), { error: 'Out of ideas' })
  expect(await wait(client)).toMatchObject({ type: 'failed', error: 'Out of ideas', merge_result: null })
  const id = await run(client)
  await tasks.end(id, { merge: { kind: 'unmerged', reason: 'conflicts', files: ['a.txt'], detail: 'Both sides' } })
  expect(await wait(client)).toMatchObject({
    type: 'completed',
    merge_result: { merged: false, reason: 'conflicts', conflicts: ['a.txt'], task_ref: `refs/tasks/${id}` },
  })
})

test('ends that came while nobody waited are told one by one, then that nothing runs', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const ids = [await run(client), await run(client)]
  for (const id of ids) await tasks.end(id)
  expect(await wait(client)).toMatchObject({ task_id: ids[0], pending: 1 })
  expect(await wait(client)).toMatchObject({ task_id: ids[1], pending: 0 })
  expect(await wait(client)).toEqual({ no_running_tasks: true })
})

test('a task that is over but not yet in the log is waited for', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const id = await run(client)
  tasks.finish(id, {})
  const waiting = wait(client)
  await tasks.announce(id)
  expect(await waiting).toMatchObject({ task_id: id })
})

test('a told end is not waited for, even before the orchestrator has noted that it is in the log', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const id = await run(client)
  tasks.finish(id, {})
  await tasks.events.append({
    type: 'completed',
    taskId: id,
    repo: 'project',
    owner: null,
    result: null,
    mergeResult: null,
    error: null,
  })
  expect(await wait(client)).toMatchObject({ task_id: id })
  expect(await wait(client, { timeout_ms: 20_000 })).toEqual({ no_running_tasks: true })
})

test('with nothing to come a client that waits already is told so', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const id = await run(client)
  const waiting = wait(client, { timeout_ms: 20_000 })
  tasks.finish(id, {})
  await tasks.cleanup(id, { deleteRef: false, by: 'client' })
  expect(await waiting).toEqual({ no_running_tasks: true })
})

test('a timeout is a normal answer; 0 only looks', async () => {
  const { url } = await startEndpoint()
  const client = await connect(url)
  await run(client)
  expect(await wait(client, { timeout_ms: 0 })).toEqual({ timeout: true })
  expect(await wait(client, { timeout_ms: 120 })).toEqual({ timeout: true })
})

test.for([-1, 86_400_001, 1e300, 1.5, '-5', '5 s', true])(
  'timeout_ms %s is refused with the bounds',
  async (timeout) => {
    const { url } = await startEndpoint()
    const client = await connect(url)
    const { value, isError } = await callTool(client, 'wait_next_event', { timeout_ms: timeout })
    expect(isError).toBe(true)
    expect(value).toMatchObject({ error: expect.stringMatching(/^timeout_ms: /), code: 'argument-invalid' })
  },
)

test('`after` tells again what was told', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const ids = [await run(client), await run(client)]
  for (const id of ids) await tasks.end(id)
  await wait(client)
  await wait(client)
  expect(await wait(client, { after: 0 })).toMatchObject({ task_id: ids[0], seq: 1, pending: 1 })
  expect(await wait(client, { after: 1 })).toMatchObject({ task_id: ids[1], seq: 2, pending: 0 })
})

test('progress with a line of substance comes while a client waits', async () => {
  const { url, tasks } = await startEndpoint({ progressIntervalMs: 20 })
  const client = await connect(url)
  const id = await run(client)
  const progress: { progress: number; message?: string | undefined; total?: number | undefined }[] = []
  const waiting = callTool(
    client,
    'wait_next_event',
    { timeout_ms: 60_000 },
    {
      onprogress: (one) => {
        progress.push(one)
        if (progress.length === 3) void tasks.end(id)
      },
    },
  )
  expect((await waiting).value).toMatchObject({ task_id: id })
  expect(progress[0]).toMatchObject({ message: `1 running: ${id} working 00:00`, total: 60_000 })
  expect(progress[2]?.progress).toBeGreaterThan(progress[0]?.progress ?? Infinity)
})

test('two clients each hear of every end once, while ten tasks end at the same time', async () => {
  const { url, tasks } = await startEndpoint()
  const clients = [await connect(url), await connect(url, { 'x-client-id': 'laptop' })]
  const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => run(clients[index % 2] as Client)))
  const hearing = clients.map(hearAll)
  await Promise.all(ids.map((id) => tasks.end(id)))
  for (const heard of await Promise.all(hearing)) expect(heard.sort()).toEqual([...ids].sort())
})

async function hearAll(client: Client): Promise<unknown[]> {
  const heard: unknown[] = []
  for (;;) {
    const event = await wait(client)
    if (event.no_running_tasks) return heard
    heard.push(event.task_id)
  }
}

test('two calls of one client at the same time get different ends', async () => {
  const { url, tasks } = await startEndpoint()
  const client = await connect(url)
  const ids = [await run(client), await run(client)]
  const waiting = [wait(client), wait(client)]
  for (const id of ids) await tasks.end(id)
  const heard = await Promise.all(waiting)
  expect(heard.map((event) => event.task_id).sort()).toEqual(ids.sort())
})

test('a client that is killed while it waits loses nothing, and its wait ends', async () => {
  const { url, port, tasks } = await startEndpoint({ progressIntervalMs: 20 })
  const client = await connect(url, { 'x-client-id': 'laptop' })
  const id = await run(client)
  const session = (await send(port, '/mcp', {
    method: 'POST',
    headers: { ...mcpHeaders, 'x-client-id': 'laptop' },
    body: initializeBody,
  }).then(({ headers }) => headers['mcp-session-id'])) as string
  const looks = countLooks(tasks)
  // A process of its own, so that it can be killed as the system kills.
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'wait_next_event', arguments: {} } }
  const killed = runOrThrow(process.execPath, [
    '--input-type=module',
    '-e',
    `const response = await fetch(${JSON.stringify(url.href)}, { method: 'POST', headers: ${JSON.stringify({ ...mcpHeaders, 'mcp-session-id': session })}, body: ${JSON.stringify(JSON.stringify(call))} })
       process.kill(process.pid, 'SIGKILL')`,
  ])
  await expect(killed).rejects.toThrow('SIGKILL')
  expect(looks()).toBeGreaterThan(0)
  await untilStill(looks)
  await tasks.end(id)
  expect(await wait(client)).toMatchObject({ task_id: id })
  expect(await wait(client)).toEqual({ no_running_tasks: true })
})

test('a cancelled call ends, its response with no answer, and consumes nothing', async () => {
  const { url, port, tasks } = await startEndpoint({ progressIntervalMs: 20 })
  const client = await connect(url)
  const id = await run(client)
  const session = (client.transport as StreamableHTTPClientTransport).sessionId ?? ''
  const headers = { ...mcpHeaders, 'mcp-session-id': session }
  const call = {
    jsonrpc: '2.0',
    id: 77,
    method: 'tools/call',
    params: { name: 'wait_next_event', arguments: {}, _meta: { progressToken: 'p' } },
  }
  const answer = send(port, '/mcp', { method: 'POST', headers, body: JSON.stringify(call) })
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77, reason: 'Esc' } }
  // The notification may overtake the call, so it is repeated until the call's response has ended.
  let ended = false
  void answer.then(() => {
    ended = true
  })
  await until(async () => {
    await send(port, '/mcp', { method: 'POST', headers, body: JSON.stringify(cancel) })
    return ended
  })
  const { status, body } = await answer
  await untilStill(countLooks(tasks))
  expect(status).toBe(200)
  expect(body).not.toContain('"result"')
  await tasks.end(id)
  expect(await wait(client)).toMatchObject({ task_id: id })
})

test('a call that the server cuts off at its end consumes nothing', async () => {
  const first = await startEndpoint()
  const client = await connect(first.url, { 'x-client-id': 'laptop' })
  const id = await run(client)
  const waiting = wait(client).catch(() => 'cut off')
  await until(() => Promise.resolve(first.tasks.events.head === 0))
  await first.stop()
  expect(await waiting).toBe('cut off')

  const second = await startEndpoint({ directory: first.directory })
  await second.tasks.events.append({
    type: 'completed',
    taskId: id,
    repo: 'project',
    owner: 'client:laptop',
    result: null,
    mergeResult: null,
    error: null,
  })
  const again = await connect(second.url, { 'x-client-id': 'laptop' })
  expect(await wait(again)).toMatchObject({ task_id: id })
})

test('a named client goes on where it was after a restart of the server, by header or by address', async () => {
  const first = await startEndpoint()
  const client = await connect(first.url, { 'x-client-id': 'laptop' })
  const ids = [await run(client), await run(client)]
  for (const id of ids) await first.tasks.end(id)
  expect(await wait(client)).toMatchObject({ task_id: ids[0] })
  await first.stop()

  const second = await startEndpoint({ directory: first.directory })
  const named = new URL(second.url)
  named.searchParams.set('client', 'laptop')
  const again = await connect(named)
  expect(await wait(again)).toMatchObject({ task_id: ids[1] })
  expect(await wait(again)).toEqual({ no_running_tasks: true })
})

test('after a restart a new session hears of the ends that the old one never heard of', async () => {
  const first = await startEndpoint()
  const client = await connect(first.url)
  const id = await run(client)
  await first.tasks.end(id)
  await first.stop()

  const second = await startEndpoint({ directory: first.directory })
  expect(await wait(await connect(second.url))).toMatchObject({ task_id: id })
  expect(await wait(await connect(second.url))).toEqual({ no_running_tasks: true })
})

test('what a session that said goodbye never heard is told to the next one', async () => {
  const { url, tasks } = await startEndpoint()
  const gone = await connect(url)
  const id = await run(gone)
  await tasks.end(id)
  await (gone.transport as StreamableHTTPClientTransport).terminateSession()
  expect(await wait(await connect(url))).toMatchObject({ task_id: id })
})

test('a client that reconnects hears what the session that it abandoned did not', async () => {
  const { url, tasks } = await startEndpoint({ limits: { absentMs: 20 } })
  const gone = await connect(url)
  const id = await run(gone)
  await tasks.end(id)
  await gone.close() // Closes the streams and says nothing, like a killed client.
  const next = await connect(url)
  let told: Record<string, unknown> = {}
  await until(async () => {
    told = await wait(next)
    return 'task_id' in told
  })
  expect(told).toMatchObject({ task_id: id })
})

/** How often somebody looked for tasks; whoever waits does at every tick. */
function countLooks(tasks: ScriptedTasks): () => number {
  const list = tasks.list
  let looks = 0
  tasks.list = () => {
    looks++
    return list.call(tasks)
  }
  return () => looks
}

/** Until nobody has looked for many ticks. */
async function untilStill(looks: () => number): Promise<void> {
  await until(async () => {
    const before = looks()
    await sleep(200)
    return looks() === before
  })
}
