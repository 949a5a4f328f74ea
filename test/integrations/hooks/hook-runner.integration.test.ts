import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { expect, onTestFinished, test } from 'vitest'
import type { HookTarget } from '../../../main/core/hook.ts'
import { HookRunner } from '../../../main/integrations/hooks/hook-runner.ts'
import { addHook, removeHook } from '../../../main/settings/hooks.ts'
import { openEventLog } from '../../../main/tasks/events/event-log.ts'
import type { EndEvent } from '../../../main/tasks/events/logged-event.ts'
import { loggedEnd } from '../../support/logged-events.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { freePort } from '../../support/web/free-port.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const allKinds = ['merged', 'unchanged', 'needs-you', 'failed', 'idle'] as const

interface Told {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers as it is told to, one request after the other, and then with 204. */
async function receiver(answers: readonly ((response: ServerResponse) => void)[]) {
  const told: Told[] = []
  const left = [...answers]
  const server = createServer(async (request, response) => {
    told.push({ path: request.url ?? '', headers: request.headers, body: await text(request) })
    const answer = left.shift()
    if (answer) answer(response)
    else response.writeHead(204).end()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere')
  return { told, url: `http://127.0.0.1:${address.port}/in` }
}

async function home() {
  const folder = await temporaryFolder()
  const path = join(folder, 'home')
  await mkdir(path, { mode: 0o700 })
  const events = await openEventLog({ directory: path, log: recordingLog().log })
  onTestFinished(() => events[Symbol.asyncDispose]())
  const log = recordingLog()
  const start = (env: NodeJS.ProcessEnv = { PATH: process.env.PATH }) => {
    const get = () => Promise.reject(new Error('It was cleaned up'))
    return HookRunner.start({ home: path, tasks: { events, get }, env, log: log.log, pauses: [1, 1, 1] })
  }
  const add = (target: HookTarget, name = 'desk') =>
    addHook(path, { name, on: allKinds, repositories: null, added: new Date(0).toISOString(), target })
  let last = 0x7f3a0000
  const end = (changes: Partial<EndEvent> = {}) => {
    const { seq: _seq, at: _at, ...event } = loggedEnd({ taskId: taskId((last++).toString(16)), ...changes })
    return events.append(event)
  }
  const record = async () => JSON.parse(await readFile(join(path, 'hook-deliveries.json'), 'utf8'))
  return { path, folder, events, start, add, end, record, log }
}

test('a receiver that cuts, fails and redirects is told again with the same id until it has taken each end', async () => {
  const elsewhere = await receiver([])
  const { told, url } = await receiver([
    (response) => void response.destroy(),
    (response) => void response.writeHead(500).end('x'.repeat(100_000)),
    (response) => void response.writeHead(302, { location: elsewhere.url }).end(),
  ])
  const world = await home()
  await world.add({ kind: 'webhook', url, secret })
  await using _runner = await world.start()
  await world.end()
  await expect.poll(() => told.length).toBe(4)
  for (const { headers, body } of told) {
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'task.merged' })
    expect(headers['webhook-id']).toBe('task-7f3a0000-1')
  }
  expect(elsewhere.told).toEqual([])
  await expect.poll(async () => (await world.record()).desk.open).toEqual([])
  expect((await world.record()).desk.lost).toEqual([])
})

test('what was to be told when the server ended is told by the next one, and what was told is not', async () => {
  let isUp = false
  const { told, url } = await receiver(
    Array(40).fill((response: ServerResponse) => void response.writeHead(isUp ? 204 : 503).end()),
  )
  const world = await home()
  await world.add({ kind: 'slack', url })
  {
    await using _runner = await world.start()
    await world.end({ repo: 'one' })
    await expect.poll(() => told.length).toBeGreaterThan(0)
  }
  await world.end({ repo: 'two' }) // While there is no server of hooks.
  isUp = true
  const before = told.length
  {
    await using _runner = await world.start()
    await expect.poll(async () => (await world.record()).desk).toMatchObject({ cursor: 2, open: [] })
  }
  const since = told.slice(before).map(({ body }) => body)
  expect(since.filter((body) => body.includes('two:'))).toHaveLength(1)
  const { lost } = (await world.record()).desk
  // The first was told now, or given up before: its few tries are short here.
  expect(since.filter((body) => body.includes('one:')).length + lost.length).toBe(1)
  await using _runner = await world.start()
  await world.end({ repo: 'three' })
  await expect.poll(() => told.at(-1)?.body).toContain('three:')
  expect(told).toHaveLength(before + since.length + 1)
})

test('one that never takes it has it given up, with the reason on record and no address or line in any log', async () => {
  const { told, url } = await receiver(Array(9).fill((response: ServerResponse) => void response.writeHead(404).end()))
  const world = await home()
  await world.add({ kind: 'slack', url: `${url}/the-secret-part` })
  await world.add({ kind: 'command', command: 'exit 3 # the-secret-part' }, 'line')
  await using _runner = await world.start()
  await world.end()
  await expect
    .poll(async () => (await world.record().catch(() => undefined))?.desk?.lost)
    .toMatchObject([{ seq: 1, reason: 'It answered 404' }])
  expect(told).toHaveLength(4)
  await expect
    .poll(async () => (await world.record()).line.lost)
    .toMatchObject([{ seq: 1, reason: 'It failed (exit status 3)' }])
  expect(JSON.stringify([world.log.lines, await world.record()])).not.toContain('the-secret-part')
})

test('one that answers 410 is told nothing more, and one that is away holds up no other', async () => {
  const gone = await receiver([(response) => void response.writeHead(410).end()])
  const well = await receiver([])
  const world = await home()
  await world.add({ kind: 'slack', url: gone.url }, 'gone')
  await world.add({ kind: 'slack', url: `http://127.0.0.1:${await freePort()}/` }, 'away')
  await world.add({ kind: 'ntfy', url: `${well.url}/topic`, token: null }, 'well')
  await using _runner = await world.start()
  await world.end()
  await expect.poll(async () => (await world.record().catch(() => undefined))?.gone?.gone).toMatch(/^It answered 410/)
  await world.end()
  await expect.poll(() => well.told.length).toBe(2)
  await expect.poll(async () => (await world.record()).away.lost).toHaveLength(2)
  expect((await world.record()).away.lost[0].reason).toBe('It cannot be reached (ECONNREFUSED)')
  expect(gone.told).toHaveLength(1)
  // Added again, it is told again.
  await removeHook(world.path, 'gone')
  await addHook(world.path, {
    ...{ name: 'gone', on: allKinds, repositories: null, added: new Date(1).toISOString() },
    target: { kind: 'slack', url: gone.url },
  })
  await world.end()
  await expect.poll(() => gone.told.length).toBe(4)
})

test('a command reads JSON, and nothing that an agent wrote is in its line or its environment', async () => {
  const world = await home()
  const out = join(world.folder, 'out')
  await world.add({ kind: 'command', command: `cat >'${out}.json'; env >'${out}.env'; touch '${out}'` })
  await using _runner = await world.start({ PATH: process.env.PATH, KEPT: 'yes' })
  const summary = '$(touch /tmp/no) `id`; rm -rf "\n'
  await world.end({ result: { success: true, summary, files_changed: [], error: null } })
  await expect.poll(() => stat(out).catch(() => null)).not.toBe(null)
  expect(JSON.parse(await readFile(`${out}.json`, 'utf8'))).toMatchObject({ data: { event: { result: { summary } } } })
  const env = await readFile(`${out}.env`, 'utf8')
  expect(env).toMatch(/^MICROVM_EVENT=merged$/m)
  expect(env).toMatch(/^KEPT=yes$/m)
  expect(env).not.toContain('touch /tmp/no')
})

test('a damaged record is moved aside, and each end is told again', async () => {
  const { told, url } = await receiver([])
  const world = await home()
  await world.add({ kind: 'slack', url })
  await world.end()
  await writeFile(join(world.path, 'hook-deliveries.json'), '{"desk": 7}')
  await using _runner = await world.start()
  await expect.poll(() => told.length).toBe(1)
  expect(await readFile(join(world.path, 'hook-deliveries.json.damaged'), 'utf8')).toBe('{"desk": 7}')
})
