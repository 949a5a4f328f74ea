import { expect, onTestFinished, test } from 'vitest'
import { clientOperations, personOperations } from '../../main/api/operations/all.ts'
import { listen } from '../../main/lib/http/http-listener.ts'
import { createMcpEndpoint } from '../../main/mcp/http.ts'
import { openEventLog } from '../../main/tasks/events/event-log.ts'
import { createControlApi } from '../../main/web/control-api.ts'
import { ScriptedTasks } from '../support/claude/scripted-tasks.ts'
import { recordingLog } from '../support/recording-log.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { initializeBody, mcpHeaders, type RawAnswer, send } from '../support/web/mcp-endpoint.ts'
import { naiveServer } from '../support/web/raw-http.ts'

const place = '/home/ada/.microvm-orchestrator/secret'
const defect = (): never => {
  throw new Error(`ENOENT: no such file or directory, open '${place}'`)
}

/** What must not be in an answer: where things lie on this host, and where in our code it went wrong. */
function leaks({ body }: Pick<RawAnswer, 'body'>): boolean {
  return body.includes(place) || /node_modules|file:\/\/|\.ts:\d+|\bat .*:\d+:\d+/.test(body)
}

/** Both front doors over an orchestrator of which the named parts are broken. */
async function start(broken: readonly string[] | 'events') {
  const events = await openEventLog({ directory: await temporaryFolder(), log: recordingLog().log })
  const tasks = new ScriptedTasks(events)
  const { log, lines } = recordingLog()
  const token = 'x'.repeat(43)
  if (broken === 'events') events.join = async () => defect()
  else for (const name of broken) Object.assign(tasks, { [name]: defect })
  if (broken === everything)
    Object.assign(tasks, {
      reviews: new Proxy({}, { get: () => defect }),
      changes: new Proxy({}, { get: () => defect }),
    })
  const mcp = createMcpEndpoint({ tasks, log, version: '1.2.3' })
  const api = createControlApi({ tasks, token, version: '1.2.3', log })
  const listener = await listen({ port: 0, host: '127.0.0.1', log, routes: { '/mcp': mcp.handle, '/api/': api } })
  onTestFinished(async () => {
    await mcp.close()
    await listener.close()
    await events[Symbol.asyncDispose]()
  })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    send(listener.port, path, { method: 'POST', headers: { ...mcpHeaders, ...headers }, body })
  return {
    lines,
    initialize: () => post('/mcp', initializeBody),
    call: (verb: string, request: object) =>
      post(`/api/${verb}`, JSON.stringify(request), { authorization: `Bearer ${token}` }),
    tool: async (name: string, args: object) => {
      const session = String((await post('/mcp', initializeBody)).headers['mcp-session-id'])
      const message = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: args } }
      return await post('/mcp', JSON.stringify(message), { 'mcp-session-id': session })
    },
  }
}

const everything = Object.getOwnPropertyNames(ScriptedTasks.prototype).filter((name) => name !== 'constructor')

/** A request that each call accepts. */
const requests: Readonly<Record<string, object>> = {
  run_task: { description: 'x', repo: 'project' },
  run_plan: { tasks: [{ name: 'a', description: 'x', repo: 'project' }] },
  check_place: { place: 'desk' },
  cancel_plan: { plan_id: 'abababab' },
  get_task_info: { task_id: '0123abcd' },
  get_task_logs: { task_id: '0123abcd' },
  get_task_diff: { task_id: '0123abcd' },
  send_message: { task_id: '0123abcd', text: 'x' },
  interrupt_task: { task_id: '0123abcd' },
  finish_task: { task_id: '0123abcd' },
  cancel_task: { task_id: '0123abcd' },
  merge_task: { task_id: '0123abcd' },
  review_task: { task_id: '0123abcd' },
  review_file: { task_id: '0123abcd', path: 'x' },
  accept_task: { task_id: '0123abcd' },
  reject_task: { task_id: '0123abcd' },
  choose_attempt: { task_id: '0123abcd' },
  resolve_task: { task_id: '0123abcd' },
  continue_task: { task_id: '0123abcd', text: 'x' },
  fork_task: { task_id: '0123abcd', text: 'x' },
  retry_task: { task_id: '0123abcd' },
  set_up_repository: { repo: 'x' },
  cleanup_task: { task_id: '0123abcd' },
  prune: { dry_run: true },
  wait_next_event: { timeout_ms: 1000 },
}

test('a server that answers with what was thrown tells where things lie', async () => {
  const { port } = await naiveServer((_request, response) => {
    try {
      defect()
    } catch (error) {
      response.writeHead(500).end((error as Error).stack)
    }
  })
  expect(leaks(await send(port, '/'))).toBe(true)
})

test.for(clientOperations.map(({ name }) => name))(
  'a defect behind the tool %s is logged and not told',
  async (name) => {
    const { tool, lines } = await start(everything)
    const answer = await tool(name, requests[name] ?? {})
    expect(answer.body).toContain('The orchestrator failed; its log has the reason')
    expect(leaks(answer)).toBe(false)
    expect(JSON.stringify(lines)).toContain(place)
  },
)

test.for(personOperations.map(({ name }) => name))(
  'a defect behind the call %s is logged and not told',
  async (verb) => {
    const { call, lines } = await start(everything)
    const answer = await call(verb, requests[verb] ?? {})
    expect(answer).toMatchObject({ status: 500, body: expect.stringContaining('"internal"') })
    expect(leaks(answer)).toBe(false)
    expect(JSON.stringify(lines)).toContain(place)
  },
)

test('a defect behind a new session is logged and not told', async () => {
  const { initialize, lines } = await start('events')
  const answer = await initialize()
  expect(answer).toMatchObject({ status: 500, body: '{"error":"Internal error"}' })
  expect(JSON.stringify(lines)).toContain(place)
})
