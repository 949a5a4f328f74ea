import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../main/lib/http/http-listener.ts'
import { silentLog } from '../../main/lib/log.ts'
import { openEventLog } from '../../main/tasks/events/event-log.ts'
import { connectToServer } from '../../main/web/client.ts'
import { createControlApi } from '../../main/web/control-api.ts'
import { newToken, removeServerFile, writeServerFile } from '../../main/web/server-file.ts'
import { ScriptedTasks } from '../support/claude/scripted-tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { send } from '../support/web/mcp-endpoint.ts'

async function start() {
  const home = await temporaryFolder()
  const events = await openEventLog({ directory: home, log: silentLog })
  const tasks = new ScriptedTasks(events)
  const token = newToken()
  const api = createControlApi({ tasks, token, version: '1.2.3', log: silentLog })
  const listener = await listen({ port: 0, host: '127.0.0.1', routes: { '/api/': api }, log: silentLog })
  const { port } = listener
  await writeServerFile(home, { port, token })
  const stop = async (): Promise<void> => {
    await listener.close()
    await events[Symbol.asyncDispose]()
  }
  onTestFinished(stop)
  return { home, tasks, token, port, stop, server: await connectToServer(home) }
}

test('the command line finds the server by its file, which only its owner can read, and every call works', async () => {
  const { home, tasks, server } = await start()
  expect((await stat(join(home, 'server.json'))).mode & 0o777).toBe(0o600)
  expect(server.pid).toBe(process.pid)

  const { task_id } = await server.call('run_task', { description: 'Greet', repo: 'project', client: 'cli' })
  expect(tasks.requests).toEqual([{ description: 'Greet', repo: 'project', owner: 'client:cli' }])
  expect(await server.call('get_task_info', { task_id })).toMatchObject({ task_id, status: 'running', slot: 1 })
  expect(await server.call('get_task_logs', { task_id })).toEqual({
    log_path: `/home/tasks/${task_id}/serial.log`,
  })
  expect(await server.call('list_tasks', {})).toMatchObject({ tasks: [{ task_id, status: 'running' }] })
  expect(await server.call('list_slots', {})).toMatchObject({ max_slots: 10, active: [{ slot: 1, task_id }] })
  expect((await server.call('list_repos', {})).repos).toHaveLength(2)
  const [{ id } = { id: null }] = await tasks.list()
  if (id) await tasks.end(id)
  expect(await server.call('wait_next_event', {})).toMatchObject({ type: 'completed', task_id, seq: 1 })
  expect(await server.call('wait_next_event', {})).toEqual({ no_running_tasks: true })
  expect(await server.call('wait_next_event', { after: 0 })).toMatchObject({ task_id })
  expect(await server.call('cleanup_task', { task_id })).toEqual({ success: true })
  const second = await server.call('run_task', { description: 'Greet', repo: 'project' })
  expect(await server.call('cancel_task', second)).toEqual({ success: true })
  expect(await server.call('get_task_info', second)).toMatchObject({ status: 'failed', error: 'Cancelled' })
  expect(await server.call('merge_task', second)).toMatchObject({ merged: true })
  await server.call('prune', { dry_run: true })
  expect(tasks.askedBy).toEqual(['person', 'person', 'person'])
})

test('an error of the orchestrator arrives as itself, with its code and hint', async () => {
  const { server } = await start()
  await expect(server.call('run_task', { description: 'x', repo: 'nope' })).rejects.toMatchObject({
    name: 'AppError',
    code: 'repository-unknown',
    message: "Repo 'nope' not registered",
    hint: expect.stringContaining('Did you mean'),
  })
  await expect(server.call('get_task_info', { task_id: '../x' })).rejects.toMatchObject({ code: 'task-unknown' })
  await expect(server.call('wait_next_event', { timeout_ms: -1 })).rejects.toMatchObject({
    code: 'argument-invalid',
    message: expect.stringContaining('timeout_ms'),
  })
  await expect(server.call('wait_next_event', { client: 'a b' })).rejects.toMatchObject({ code: 'argument-invalid' })
})

test('a wait whose caller goes away consumes nothing', async () => {
  const { server, tasks } = await start()
  const id = await tasks.run({ description: 'x', repo: 'project' })
  const stop = new AbortController()
  let listed = 0
  const list = tasks.list
  tasks.list = () => {
    listed++
    return list.call(tasks)
  }
  const waiting = server.call('wait_next_event', {}, stop.signal)
  await until(() => listed > 0)
  stop.abort(new Error('Ctrl-C'))
  await expect(waiting).rejects.toThrow('Ctrl-C')
  await tasks.end(id)
  expect(await server.call('wait_next_event', {})).toMatchObject({ task_id: id })
})

test('without the token nothing but hello is answered', async () => {
  const { port, token, tasks } = await start()
  const hello = await send(port, '/api/hello')
  expect(JSON.parse(hello.body)).toEqual({ name: 'microvm-orchestrator', version: '1.2.3', pid: process.pid })
  for (const authorization of ['', 'Bearer', 'Bearer wrong', token, `Bearer ${token}x`, `bearer ${token}`]) {
    const answer = await send(port, '/api/run_task', {
      method: 'POST',
      headers: { authorization },
      body: '{"description": "x", "repo": "project"}',
    })
    expect(answer.status).toBe(401)
  }
  expect(await tasks.list()).toEqual([])
})

test('a wrong method, call, body or field is refused for what it is', async () => {
  const { port, token } = await start()
  const ask = async (path: string, body: string | Buffer, method = 'POST') => {
    const headers = { authorization: `Bearer ${token}` }
    const { status, body: text } = await send(port, path, { method, headers, ...(method === 'POST' && { body }) })
    return [status, (JSON.parse(text) as { error: { message: string } }).error.message]
  }
  expect(await ask('/api/list_tasks', '', 'GET')).toEqual([405, expect.any(String)])
  expect(await ask('/api/constructor', '{}')).toEqual([404, expect.any(String)])
  expect(await ask('/api/list_tasks', '{')).toEqual([400, 'The request is no JSON'])
  expect(await ask('/api/list_tasks', Buffer.alloc(4 * 1024 * 1024 + 1, 0x20))).toEqual([413, expect.any(String)])
  expect(await ask('/api/list_tasks', '{"x": 1}')).toEqual([400, expect.stringContaining('x')])
  expect(await ask('/api/get_task_info', 'null')).toEqual([400, expect.any(String)])
})

test('a page of the browser cannot reach it, token or not', async () => {
  const { port, token } = await start()
  const headers = { authorization: `Bearer ${token}`, origin: 'http://evil.example' }
  expect((await send(port, '/api/list_tasks', { method: 'POST', headers, body: '{}' })).status).toBe(403)
  expect((await send(port, '/api/hello', { headers: { host: 'evil.example' } })).status).toBe(403)
})

const noServer = { code: 'no-server', hint: 'Start one: microvm-orchestrator serve' }

test('no file, a damaged one, and one of a process that is gone all mean that no server runs', async () => {
  const home = await temporaryFolder()
  const path = join(home, 'server.json')
  await expect(connectToServer(home)).rejects.toMatchObject(noServer)
  await writeFile(path, '{"pid": 1')
  await expect(connectToServer(home)).rejects.toMatchObject(noServer)
  const file = { pid: process.pid, startTime: 'another time', port: 1, token: newToken() }
  await writeFile(path, JSON.stringify(file))
  await expect(connectToServer(home)).rejects.toMatchObject(noServer)
})

test('a server that went away since is told as such', async () => {
  const { home, server, stop } = await start()
  await stop()
  await expect(server.call('list_tasks', {})).rejects.toMatchObject(noServer)
  await removeServerFile(home)
  await expect(connectToServer(home)).rejects.toMatchObject(noServer)
})

test('a home that cannot be read or written is told as such', async () => {
  const home = await temporaryFolder()
  await writeFile(join(home, 'file'), '')
  await expect(connectToServer(join(home, 'file'))).rejects.toMatchObject({ code: 'home-unusable' })
  await mkdir(join(home, 'server.json'))
  await expect(writeServerFile(home, { port: 1, token: newToken() })).rejects.toMatchObject({ code: 'home-unusable' })
})

test('what a task may take and whether it waits reach the orchestrator, and a figure out of range is refused', async () => {
  const { server, tasks } = await start()
  const asked = { timeout_ms: 60_000, max_cost_usd: 1.5, max_tokens: 1000, queue: true, priority: 2 }
  await server.call('run_task', { description: 'x', repo: 'project', ...asked })
  expect(tasks.requests).toEqual([
    {
      description: 'x',
      repo: 'project',
      caps: { timeoutMs: 60_000, maxCostUsd: 1.5, maxTokens: 1000 },
      queue: true,
      priority: 2,
    },
  ])
  for (const wrong of [{ timeout_ms: 1 }, { max_cost_usd: 0 }, { max_tokens: 0.5 }, { priority: 101 }]) {
    const call = server.call('run_task', { description: 'x', repo: 'project', ...wrong })
    await expect(call).rejects.toMatchObject({ code: 'argument-invalid' })
  }
})
