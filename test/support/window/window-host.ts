import { EventEmitter, once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { AppError, toFailure } from '../../../main/core/failure.ts'
import type { FileDiff } from '../../../main/core/merge/file-diff.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { hasWords, historyPage, wantedOf, wordsOf } from '../../../main/window/history/history-page.ts'
import { pagePolicy } from '../../../main/window/page-files.ts'
import { applyDelta } from '../../../preload/apply-delta.ts'
import type {
  AnswerOf,
  AnyRequests,
  NoticeName,
  Notices,
  Reply,
  RequestName,
  RequestOf,
} from '../../../preload/contract.ts'
import type { Host, Setup } from '../../../preload/host.ts'
import type { Change, Snapshot } from '../../../preload/live-state.ts'
import type { ShownSettings } from '../../../preload/settings.ts'
import type { Changes, ConsolePiece, Step, TaskDetails } from '../../../preload/task-details.ts'
import { needsYou } from '../../../preload/task-needs.ts'
import { quietReviews } from './quiet-reviews.ts'
import { recentTasks } from './recent-tasks.ts'
import { sceneTime } from './window-story.ts'

/** What a host knows; the window is shown nothing else. */
export interface Scene {
  readonly host: Host
  readonly snapshot: Snapshot
  readonly setup: Setup
  readonly details: Readonly<Record<string, Omit<TaskDetails, 'row'>>>
  readonly consoles: Readonly<Record<string, { readonly text: string; readonly ended: boolean }>>
  readonly steps: Readonly<Record<string, readonly Step[]>>
  readonly changes: Readonly<Record<string, Changes>>
  readonly diffs: Readonly<Record<string, FileDiff>>
}

type Answers = {
  [Name in keyof AnyRequests]: (request: RequestOf<Name>) => AnswerOf<Name> | Promise<AnswerOf<Name>>
}

export interface WindowHost extends AsyncDisposable {
  readonly url: string
  readonly snapshot: Snapshot
  /** The requests of that name so far, oldest first. A promise, since the page asks some time after a click: poll it. */
  asked(name: RequestName): Promise<readonly unknown[]>
  lastAsked(name: RequestName): Promise<unknown>
  /** The names of all requests so far. */
  askedNames(): Promise<readonly RequestName[]>
  /** The most `readConsole` calls that were ever under way at once. */
  readonly mostReads: () => number
  tell(...changes: readonly Change[]): void
  /** Changes the state and takes a number for it, but tells nobody. */
  keepSilent(...changes: readonly Change[]): void
  notify<Name extends NoticeName>(name: Name, notice: Notices[Name]): void
  /** Ends every event stream; the window opens another. */
  cut(): void
  answer<Name extends RequestName>(name: Name, answer: Answers[Name]): void
  print(id: string, text: string): void
  endConsole(id: string): void
}

/** The built window on the loopback, and a host behind it that does what the test says. */
export async function startWindowHost(scene: Scene, directory: string): Promise<WindowHost> {
  const calls: { name: RequestName; request: unknown }[] = []
  const streams = new Set<ServerResponse>()
  const growth = new EventEmitter().setMaxListeners(0)
  const consoles = new Map(
    Object.entries(scene.consoles).map(([id, { text, ended }]) => [id, { bytes: Buffer.from(text), ended }]),
  )
  const reads = { now: 0, most: 0 }
  let { snapshot } = scene

  const readConsole = async ({ id, offset, limit, wait }: RequestOf<'readConsole'>): Promise<ConsolePiece> => {
    reads.now += 1
    reads.most = Math.max(reads.most, reads.now)
    try {
      const found = consoles.get(id)
      if (!found) throw new AppError('task-unknown', `There is no task ${id}`)
      while (wait && offset >= found.bytes.length && !found.ended) await once(growth, 'grown')
      const start = offset > found.bytes.length ? 0 : offset
      const data = found.bytes.subarray(start, start + limit).toString('base64')
      return { offset: start, data, size: found.bytes.length, ended: found.ended }
    } finally {
      reads.now -= 1
    }
  }
  const changeSettings = ({ changes }: RequestOf<'changeSettings'>): ShownSettings => {
    const settings = { ...snapshot.settings, ...changes }
    send('delta', advance([{ kind: 'settings', settings }]))
    return settings
  }
  const answers: Answers = { ...quietAnswers(scene, () => snapshot), readConsole, changeSettings }

  const send = (name: NoticeName, notice: unknown): void => {
    for (const stream of streams) stream.write(`data: ${JSON.stringify({ name, notice })}\n\n`)
  }
  const advance = (changes: readonly Change[]) => {
    const delta = { seq: snapshot.seq + 1, changes }
    snapshot = applyDelta(snapshot, delta) ?? snapshot
    return delta
  }
  const consoleOf = (id: string) => {
    const known = consoles.get(id) ?? { bytes: Buffer.alloc(0), ended: false }
    consoles.set(id, known)
    return known
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname === '/api/window/events') return openStream(response, streams)
    if (pathname.startsWith('/api/window/')) return void call(pathname.slice('/api/window/'.length), request, response)
    return void sendFile(directory, pathname, response)
  })
  const call = async (name: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const wished = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()) as never
    calls.push({ name: name as RequestName, request: wished })
    const answer = answers[name as RequestName] as (request: never) => unknown
    const reply = await Promise.resolve()
      .then(() => answer(wished))
      .then(
        (value) => ({ ok: true, value }) as Reply<RequestName>,
        (error) => ({ ok: false, failure: toFailure(error) }) as Reply<RequestName>,
      )
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: async (name) => calls.filter((call) => call.name === name).map(({ request }) => request),
    lastAsked: async (name) => calls.findLast((call) => call.name === name)?.request,
    askedNames: async () => [...new Set(calls.map(({ name }) => name))],
    mostReads: () => reads.most,
    get snapshot() {
      return snapshot
    },
    tell: (...changes) => send('delta', advance(changes)),
    keepSilent: (...changes) => void advance(changes),
    notify: send,
    cut: () => {
      for (const stream of streams) stream.destroy()
    },
    answer(name, answer) {
      Object.assign(answers, { [name]: answer })
    },
    print(id, text) {
      const known = consoleOf(id)
      known.bytes = Buffer.concat([known.bytes, Buffer.from(text)])
      growth.emit('grown')
    },
    endConsole(id) {
      consoleOf(id).ended = true
      growth.emit('grown')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const shellPrompt = 'claude@microvm:/workspace/repo$ '

/** What a host answers where nothing goes wrong. */
function quietAnswers(scene: Scene, snapshot: () => Snapshot): Omit<Answers, 'readConsole' | 'changeSettings'> {
  const rowOf = (id: string) => {
    const row = snapshot().tasks.find((task) => task.id === id)
    if (!row) throw new AppError('task-unknown', `There is no task ${id}`, { hint: 'It may have been cleaned up' })
    return row
  }
  return {
    host: () => scene.host,
    snapshot: () => {
      const all = snapshot().tasks
      const tasks = recentTasks(all, needsYou, Date.parse(sceneTime))
      return { ...snapshot(), tasks, olderTasks: all.length - tasks.length }
    },
    history: (request) => {
      const all = snapshot().tasks
      const words = wordsOf(request.text)
      const matching = wantedOf(all, request).filter((row) => hasWords(row, words))
      return historyPage(all, matching, request)
    },
    places: () => ({ places: [] }),
    checkPlace: () => ({ problems: [] }),
    setup: () => scene.setup,
    runTask: ({ repo }) => ({
      id: snapshot().tasks.findLast((task) => task.repo === repo)?.id ?? ('0badcafe' as never),
    }),
    task: ({ id }) => ({ row: rowOf(id), ...(scene.details[id] ?? plainDetails(id, rowOf(id).title)) }),
    landing: () => ({ branch: 'main', command: null, cars: [] }),
    statement: () => ({ kind: 'none' }),
    request: () => ({ request: null }),
    plan: ({ id }) => {
      const plan = rowOf(id).plan?.id
      const rows = snapshot().tasks.filter((row) => row.id === id || (plan !== undefined && row.plan?.id === plan))
      return { id: plan ?? null, tasks: rows.map((row) => ({ row, after: row.after ?? [] })), omitted: 0 }
    },
    attempts: ({ id }) => {
      const group = rowOf(id).attempt?.group
      const rows = snapshot().tasks.filter(({ attempt }) => attempt?.group === group && attempt?.as !== 'judge')
      const attempts = rows.map((row, index) => ({
        ...{ row, number: index + 1, model: null, check: null, summary: null, changes: null },
      }))
      return { choice: 'runs', startCommit: null, attempts, judge: null }
    },
    chooseAttempt: () => ({
      merged: true,
      ...{ method: 'rebase', commits: 1, branch: 'main', commit: 'a41c0d2', conflicts: [] },
    }),
    cancelPlan: () => ({}),
    cancelTask: () => ({}),
    mergeTask: () => ({
      merged: true,
      ...{ method: 'rebase', commits: 2, branch: 'main', commit: 'a41c0d2', conflicts: [] },
    }),
    cleanupTask: () => ({}),
    retryTask: ({ id }) => ({ id: rowOf(id).id }),
    setUpRepository: () => ({ id: '0badcafe' as TaskId }),
    continueTask: () => ({}),
    forkTask: ({ count }) => ({ ids: Array.from({ length: count }, (_, index) => `000000f${index}` as TaskId) }),
    sendMessage: () => ({}),
    interruptTask: () => ({}),
    finishTask: () => ({}),
    ...quietReviews,
    openShell: () => ({ shell: 'a'.repeat(32) }),
    readShell: ({ after }) =>
      after > 0 ? new Promise(() => undefined) : { data: btoa(shellPrompt), next: shellPrompt.length, ended: false },
    writeShell: () => ({}),
    resizeShell: () => ({}),
    closeShell: () => ({}),
    openSsh: () => ({ shell: 'b'.repeat(32) }),
    listeningPorts: () => ({ ports: [5173, 8080] }),
    openPreview: ({ id, port }) => ({ url: `http://${id}-${port}-0123456789abcdef.localhost:8766/` }),
    readSteps: ({ id, after, wait }) => {
      const all = scene.steps[id] ?? []
      if (wait && after >= all.length) return new Promise(() => undefined)
      return { steps: all.slice(after), from: after, next: all.length, ended: rowOf(id).state.phase === 'finished' }
    },
    changes: ({ id }) =>
      scene.changes[id] ?? { live: false, readAt: null, notes: [], commits: [], files: [], fileCount: 0 },
    fileDiff: ({ path }) => scene.diffs[path] ?? { kind: 'text', hunks: [] },
    forge: () => ({ forge: null, secrets: [] }),
    setForge: () => ({}),
    repository: () => ({ refusals: [], tasksFolder: '/home/kim/.microvm-orchestrator' }),
    setEgress: () => ({}),
    setEnvironment: () => ({}),
    addRepository: ({ path }) => ({ kind: 'registered', alias: path.split('/').at(-1) ?? 'x', notes: [] }),
    removeRepository: () => ({}),
    writeStarterFlake: ({ path }) => ({ file: `${path}/flake.nix` }),
    diskUsage: () => ({
      totalBytes: 41e9,
      slotsBytes: 22e9,
      byRepository: Object.fromEntries(
        snapshot().repositories.map(({ alias }, index) => [alias, 14.2e9 / (index + 1)]),
      ),
    }),
    diskRoom: () => ({ freeBytes: 212e9, totalBytes: 512e9 }),
    chooseFolders: () => ({ paths: [] }),
    openTask: () => ({}),
    setStartAtLogin: ({ on }) => ({ startAtLogin: on ? 'on' : 'off' }),
    quickEntry: () => ({ repositories: snapshot().repositories, usual: null }),
    leaveQuickEntry: () => ({}),
    setQuickEntryKeys: () => ({}),
    installCommandLine: () => ({ path: '/usr/local/bin/microvm-orchestrator' }),
  }
}

const plainDetails = (id: string, description: string): Omit<TaskDetails, 'row'> => ({
  description,
  repoPath: '/home/kim/code/project',
  branch: 'main',
  startCommit: '3c91e04f5c0b7c2d3b0c7a9f4b9f0e0e7f1d2a3b',
  agent: null,
  base: null,
  messages: [],
  holdMs: null,
  forkOf: null,
  caps: { timeoutMs: 3_600_000, maxCostUsd: 5, maxTokens: null, silenceTimeoutMs: null },
  summary: null,
  failure: null,
  merge: null,
  check: null,
  resolves: null,
  notes: [],
  also: [],
  folder: `/home/kim/code/project/.microvm/tasks/${id}`,
  consolePath: `/home/kim/code/project/.microvm/tasks/${id}/serial.log`,
})

function openStream(response: ServerResponse, streams: Set<ServerResponse>): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 50\n\n')
  streams.add(response)
  response.once('close', () => streams.delete(response))
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

async function sendFile(directory: string, pathname: string, response: ServerResponse): Promise<void> {
  const name = pathname === '/' ? 'index.html' : normalize(pathname).replace(/^(\.\.\/)+/, '')
  const bytes = await readFile(join(directory, name)).catch(() => undefined)
  if (!bytes) return void response.writeHead(404).end()
  response
    .writeHead(200, {
      'content-type': types[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': pagePolicy,
    })
    .end(bytes)
}
