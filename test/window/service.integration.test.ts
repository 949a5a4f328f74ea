import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { registerRepository } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { makeRepository } from '../support/git/repositories.ts'
import { guestThatCommits, registeredRepository } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { listenTo, startWindowService, windowKey } from '../support/window/window-service.ts'

const never = new AbortController().signal

test('a window hears of a task from its start to its end, by numbers without a gap', async () => {
  const { root, service } = await startWindowService({ guest: guestThatCommits('hello.txt', 'echo compiling') })
  await registeredRepository(root)
  const heard = listenTo(service)
  const before = await service.calls.snapshot({}, never)
  expect(before).toMatchObject({ tasks: [], slots: { length: 10 }, clients: [], settings: { port: 8765 } })
  expect(before.repositories).toMatchObject([{ alias: 'project', branch: 'main', problem: null, tasks: 0 }])
  const { id } = await service.calls.runTask({ repo: 'project', description: 'Greet' }, never)
  await heard.change('task', ({ task }) => task.state.phase === 'finished' && task.state.outcome === 'merged')
  await heard.change('repositories', ({ repositories }) => repositories[0]?.lastTask === id)
  // On a slow host a change is sent while the snapshot that has it already is being made.
  const numbers = heard.deltas.flatMap(({ seq }) => (seq > before.seq ? [seq] : []))
  expect(numbers).toEqual(numbers.map((_, at) => before.seq + 1 + at))
  const after = await service.calls.snapshot({}, never)
  expect(after.tasks).toMatchObject([{ id, title: 'Greet', state: { phase: 'finished', outcome: 'merged' } }])
  expect(after.slots.flatMap(({ warmFor }) => warmFor)).toEqual(['project'])

  expect(await service.calls.changes({ id }, never)).toMatchObject({
    commits: [{ subject: 'Add hello.txt' }],
    files: [{ path: 'hello.txt', status: 'added', added: 1 }],
    fileCount: 1,
  })
  expect(await service.calls.fileDiff({ id, path: 'hello.txt' }, never)).toMatchObject({
    hunks: [{ lines: [{ kind: '+', text: 'from Greet' }] }],
  })
  await expect(service.calls.fileDiff({ id, path: '../../etc/passwd' }, never)).rejects.toThrow('did not change')
  expect(await service.calls.task({ id }, never)).toMatchObject({ summary: 'Done.', merge: { kind: 'merged' } })
  await service.calls.cleanupTask({ id, deleteRef: true }, never)
  await heard.change('task-gone')
})

test('console, last line and steps are told while the machine runs, without the key', async () => {
  const { root, home, service } = await startWindowService()
  await registeredRepository(root)
  const heard = listenTo(service)
  await service.calls.snapshot({}, never)
  const { id } = await service.calls.runTask({ repo: 'project', description: 'Wait' }, never)
  await heard.change('task', ({ task }) => task.state.phase === 'working')
  const files = taskFiles(home, id)

  const waiting = service.calls.readConsole({ id, offset: 0, limit: 1000, wait: true }, never)
  await appendFile(files.console, `the key is ${windowKey}\n`)
  const piece = await waiting
  expect(Buffer.from(piece.data, 'base64').toString()).toBe(`the key is ${'*'.repeat(windowKey.length)}\n`)
  expect(piece.ended).toBe(false)
  await heard.change('task', ({ task }) => task.live?.lastLine.startsWith('the key is ***') === true)

  const text = `It is ${windowKey}.`
  const usage = { input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }
  const message = { id: 'm', usage, content: [{ type: 'text', text }] }
  await appendFile(join(files.share, 'claude-stream.jsonl'), `${JSON.stringify({ type: 'assistant', message })}\n`)
  const steps = await service.calls.readSteps({ id, after: 0, wait: true }, never)
  expect(steps).toMatchObject({
    from: 0,
    ended: false,
    steps: [{ kind: 'said', text: `It is ${'*'.repeat(windowKey.length)}.` }],
  })
  const shown = { tool: null, text: `It is ${'*'.repeat(windowKey.length)}.`, state: 'done' }
  await heard.change('task', ({ task }) => task.live?.tokens === 6 && isDeepStrictEqual(task.live.steps, [shown]))

  await service.calls.cancelTask({ id }, never)
  await heard.change('task', ({ task }) => task.state.phase === 'finished' && task.state.outcome === 'cancelled')
  const kept = await service.calls.readSteps({ id, after: steps.next, wait: true }, never)
  expect(kept).toMatchObject({ steps: [], next: steps.next, ended: true })
  expect(await service.calls.readConsole({ id, offset: piece.size, limit: 10, wait: true }, never)).toMatchObject({
    data: '',
    ended: true,
  })
})

test('a wait ends when whoever asked is gone', async () => {
  const { root, service } = await startWindowService()
  await registeredRepository(root)
  const { id } = await service.calls.runTask({ repo: 'project', description: 'Wait' }, never)
  const gone = new AbortController()
  const waiting = service.calls.readSteps({ id, after: 0, wait: true }, gone.signal)
  gone.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow()
})

test('what changes while nobody listens shows as a gap', async () => {
  const { clients, service } = await startWindowService()
  const heard = listenTo(service)
  const { seq } = await service.calls.snapshot({}, never)
  clients.set([{ name: 'claude-code', version: '2', connected: true }])
  await heard.change('clients')
  heard.stop()
  const told = heard.deltas.at(-1)?.seq ?? 0
  expect(told).toBeGreaterThan(seq)
  clients.set([])
  await new Promise((resolve) => setImmediate(resolve))
  const later = listenTo(service)
  clients.set([{ name: 'other', version: '1', connected: true }])
  await later.change('clients')
  const again = await service.calls.snapshot({}, never)
  expect(again.clients).toMatchObject([{ name: 'other' }])
  expect(again.seq).toBeGreaterThanOrEqual(told + 1)
  service.skip()
  expect(later.deltas.at(-1)).toEqual({ seq: again.seq + 1, changes: [] })
})

test('repositories are added kindly, and what other processes register is seen', async () => {
  const { root, home, service } = await startWindowService()
  const heard = listenTo(service)
  await service.calls.snapshot({}, never)
  const bare = join(root, 'no-repository')
  await makeRepository(join(root, 'plain'), { flake: null })
  const elsewhere = join(await temporaryFolder(), 'elsewhere')
  await makeRepository(elsewhere)

  expect(await service.calls.addRepository({ path: bare }, never)).toMatchObject({
    kind: 'refused',
    failure: { code: 'repository-invalid' },
  })
  // No shell has read what is typed in the window.
  const typed = await service.calls.addRepository({ path: '~/no-such-folder-of-a-test' }, never)
  expect(JSON.stringify(typed)).toContain(join(homedir(), 'no-such-folder-of-a-test'))
  const path = join(root, 'plain')
  expect(await service.calls.addRepository({ path }, never)).toEqual({ kind: 'flake-missing', path })
  const { file } = await service.calls.writeStarterFlake({ path }, never)
  expect(await readFile(file, 'utf8')).toContain('devShells')
  await expect(service.calls.writeStarterFlake({ path }, never)).rejects.toThrow('is there already')
  expect(await service.calls.addRepository({ path }, never)).toEqual({
    kind: 'registered',
    alias: 'plain',
    notes: [expect.stringContaining('is not committed')],
  })
  await heard.change('repositories', ({ repositories }) => repositories.some(({ alias }) => alias === 'plain'))

  const tools = join(root, 'tools')
  await makeRepository(tools, { flake: null, files: { '.nvmrc': '22', 'package.json': '{"engines":{"node":">=24"}}' } })
  expect(await service.calls.addRepository({ path: tools }, never)).toEqual({
    kind: 'tools-found',
    path: tools,
    found: 'Node 22',
    devContainer: null,
    doubts: [expect.stringContaining('package.json asks for Node >=24')],
  })
  const wished = { path: tools, environment: 'plain' } as const
  expect(await service.calls.addRepository(wished, never)).toEqual({ kind: 'registered', alias: 'tools', notes: [] })
  await heard.change('repositories', ({ repositories }) =>
    repositories.some(
      ({ alias, environment, problem }) => alias === 'tools' && environment.kind === 'plain' && !problem,
    ),
  )
  expect(await service.calls.addRepository({ path: tools }, never)).toMatchObject({ kind: 'registered' })

  expect(await service.calls.setEnvironment({ alias: 'tools', environment: 'auto' }, never)).toEqual({})
  await heard.change('repositories', ({ repositories }) =>
    repositories.some(({ alias, environment }) => alias === 'tools' && environment.kind === 'auto'),
  )
  await expect(service.calls.setEnvironment({ alias: 'tools', environment: tools }, never)).rejects.toMatchObject({
    code: expect.stringMatching(/^(argument|environment)-invalid$/),
  })
  await registerRepository(home, { path: elsewhere })
  await heard.change('repositories', ({ repositories }) => repositories.some(({ alias }) => alias === 'elsewhere'))
  await service.calls.removeRepository({ alias: 'plain' }, never)
  await heard.change('repositories', ({ repositories }) => repositories.every(({ alias }) => alias !== 'plain'))
})

test('settings are changed where the command line reads them, and keys of others stay', async () => {
  const { home, service } = await startWindowService()
  const path = join(home, 'settings.json')
  await writeFile(path, JSON.stringify({ port: 9000, 'of-another-program': { kept: true } }))
  const heard = listenTo(service)
  await service.calls.snapshot({}, never)
  const changed = await service.calls.changeSettings({ changes: { theme: 'dark', maxCostUsd: 3 } }, never)
  expect(changed).toMatchObject({ atNextStart: { port: 9000 }, theme: 'dark', maxCostUsd: 3, notifyFailed: true })
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
    port: 9000,
    'of-another-program': { kept: true },
    theme: 'dark',
    maxCostUsd: 3,
  })
  await heard.change('settings', ({ settings }) => settings.theme === 'dark')
  const bad = { changes: { port: 0 } }
  await expect(service.calls.changeSettings(bad, never)).rejects.toMatchObject({ code: 'argument-invalid' })
  const unknown = { changes: { colour: 'red' } as Record<string, unknown> }
  await expect(service.calls.changeSettings(unknown, never)).rejects.toMatchObject({ code: 'argument-invalid' })
  const foreign = { changes: { host: '0.0.0.0', auth: false } as Record<string, unknown> }
  await expect(service.calls.changeSettings(foreign, never)).rejects.toThrow('no setting of the window')
  expect(changed).not.toHaveProperty('host')
  await writeFile(path, JSON.stringify({ port: 9001 }))
  await heard.change('settings', ({ settings }) => settings.atNextStart.port === 9001)
})

test('the set-up names what is missing, with the line for Claude Code', async () => {
  const { service } = await startWindowService()
  expect(await service.calls.setup({}, never)).toMatchObject({
    problems: [{ code: 'qemu-missing', optional: false }],
    token: 'environment',
    mcpCommand: 'claude mcp add --transport http --scope user microvm http://127.0.0.1:8765/mcp',
  })
  expect(await service.calls.places({}, never)).toEqual({ places: [] })
  await expect(service.calls.checkPlace({ place: 'attic' }, never)).rejects.toMatchObject({ code: 'place-unknown' })
  const usage = await service.calls.diskUsage({}, never)
  expect(usage).toEqual({ totalBytes: 0, slotsBytes: 0, byRepository: {} })
})
