import type { Requests } from '../../preload/contract.ts'
import type { Setup } from '../../preload/host.ts'
import type { ClientRow, Delta } from '../../preload/live-state.ts'
import { requireTaskId } from '../api/views.ts'
import { AppError } from '../core/failure.ts'
import type { Problem } from '../core/problem.ts'
import type { StatementSeen } from '../core/statement-seen.ts'
import type { Task, TaskId } from '../core/task/task.ts'
import { diskRoom } from '../lib/files/disk-space.ts'
import type { Log } from '../lib/log.ts'
import { withOwnCommand } from '../lib/processes/own-command.ts'
import type { Watchable } from '../lib/watchable.ts'
import { addLine } from '../settings/add-line.ts'
import { endpointTokenPath } from '../settings/endpoint-token.ts'
import { forgesPath, listForges } from '../settings/forges.ts'
import { removeRepository, setEgress } from '../settings/repositories.ts'
import { repositoriesPath } from '../settings/repositories-file.ts'
import type { Settings } from '../settings/settings.ts'
import { keysOf, type SettingsStore } from '../settings/settings-store.ts'
import { findKey } from '../settings/token.ts'
import { userProblems } from '../settings/user-problems.ts'
import type { Tasks } from '../tasks/contract.ts'
import { filesOf, filesOfCheck } from '../tasks/record/task-files.ts'
import { ActivityReader } from './activity-reader.ts'
import type { Calls } from './answer-call.ts'
import { type Attention, WindowFeed } from './feed.ts'
import { attemptsView } from './groups/attempts-view.ts'
import { planView } from './groups/plan-view.ts'
import { TaskHistory } from './history/task-history.ts'
import { callOperation } from './operation-calls.ts'
import { placeCalls } from './place-calls.ts'
import { readConsole } from './read-console.ts'
import { addRepository, writeStarterFlake } from './repositories/add-repository.ts'
import { forgeCalls, type NewForge } from './repositories/forge-calls.ts'
import { repositoryDetails } from './repositories/repository-details.ts'
import { setEnvironment } from './repositories/set-environment.ts'
import { landingView } from './review/landing-view.ts'
import { RequestBook } from './review/request-book.ts'
import { requestView } from './review/request-view.ts'
import { reviewCalls } from './review/review-calls.ts'
import { Shells } from './shells.ts'
import { startAgain } from './start-again.ts'
import { StepReader } from './steps/step-reader.ts'
import { shownChanges, taskDetails } from './task-details.ts'
import { waitFor } from './wait-for.ts'
import { requireWindowSettings, windowSettings } from './window-settings.ts'
import { mergeInWindow } from './window-words.ts'

export interface WindowServiceOptions {
  readonly tasks: Tasks
  readonly home: string
  readonly settings: SettingsStore
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  /** Of the MCP endpoint, once it listens. */
  readonly mcpUrl: () => string
  /** What its clients must show; null when nothing. */
  readonly mcpToken: string | null
  /** Who speaks MCP with us. */
  readonly clients: Watchable<readonly ClientRow[]>
  /** Shows a port of a task's machine to this host's browser. Resolves with its address. */
  readonly openPreview: (id: TaskId, port: number) => Promise<string>
  readonly newForge: NewForge
  /** What this home signed of the commit that a task brought. */
  readonly statementOf: (task: Task) => Promise<StatementSeen>
  /** What this host lacks for a task. */
  readonly hostProblems: (signal: AbortSignal) => Promise<readonly Problem[]>
}

/** What every carrier offers a window; `host` is the carrier's own to answer. */
export interface WindowService extends Disposable {
  readonly calls: Calls<Exclude<keyof Requests, 'host'>>
  listen(listener: (delta: Delta) => void, attention?: Attention): () => void
  /** For a carrier that could not pass on a delta: its window will see that it missed something. */
  skip(): void
}

/** Answers the window from the orchestrator, the settings and the user's repositories. */
export function createWindowService(options: WindowServiceOptions): WindowService {
  const { tasks, home, env, log, clients, openPreview } = options
  const secrets = () => secretsOf(env, home)
  const live = new ActivityReader(secrets)
  const steps = new StepReader(secrets)
  const shells = new Shells(tasks.attachments)
  const { settings } = options
  const requests = new RequestBook(tasks.events)
  const feed = new WindowFeed({
    ...{ tasks, live, requests, clients, mcpUrl: options.mcpUrl, log },
    settings: () => windowSettings(settings),
    settingsFault: () => settings.fault?.message ?? null,
    forges: () => listForges(home).catch(() => []), // The server's log and the command line say what is wrong with it.
    files: [repositoriesPath(home), forgesPath(home)],
  })
  const history = new TaskHistory({
    tasks,
    rowOf: (task) => feed.row(task),
    requests: () => requests.rows(),
  })
  const unwatch = settings.watch(keysOf(settings.current()), () => feed.settingsChanged())
  const taskOf = (id: string): Promise<Task> => tasks.get(requireTaskId(id))

  return {
    listen: (listener, attention) => feed.listen(listener, attention),
    skip: () => feed.skip(),
    [Symbol.dispose]: () => {
      unwatch()
      shells[Symbol.dispose]()
      feed[Symbol.dispose]()
    },
    calls: {
      snapshot: () => feed.snapshot(),
      history: (request) => history.page(request),
      runTask: async (request, signal) => ({ id: (await callOperation('runTask', request, tasks, signal)).task_id }),
      task: async ({ id }) => {
        const task = await taskOf(id)
        return taskDetails(task, feed.row(task))
      },
      landing: async ({ id }) => await landingView(await taskOf(id), tasks),
      statement: async ({ id }) => await options.statementOf(await taskOf(id)),
      request: async ({ id }) => {
        const task = await taskOf(id)
        requests.readNew()
        return { request: await requestView(task, requests.toldOf(task.id)) }
      },
      plan: ({ id }) => planView(id, tasks, (task) => feed.row(task)),
      attempts: ({ id }, signal) => attemptsView(id, tasks, (task) => feed.row(task), signal),
      chooseAttempt: async (request, signal) =>
        mergeInWindow(await callOperation('chooseAttempt', request, tasks, signal)),
      cancelPlan: async (request, signal) => {
        await callOperation('cancelPlan', request, tasks, signal)
        return {}
      },
      cancelTask: async (request, signal) => {
        await callOperation('cancelTask', request, tasks, signal)
        return {}
      },
      mergeTask: async (request, signal) => mergeInWindow(await callOperation('mergeTask', request, tasks, signal)),
      retryTask: async (request, signal) => ({
        id: await startAgain(await taskOf(request.id), request, tasks, signal),
      }),
      setUpRepository: async (request, signal) => ({
        id: (await callOperation('setUpRepository', request, tasks, signal)).task_id,
      }),
      continueTask: async (request, signal) => {
        await callOperation('continueTask', request, tasks, signal)
        return {}
      },
      forkTask: async (request, signal) => ({
        ids: (await callOperation('forkTask', request, tasks, signal)).task_ids,
      }),
      sendMessage: async (request, signal) => {
        await callOperation('sendMessage', request, tasks, signal)
        return {}
      },
      interruptTask: async (request, signal) => {
        await callOperation('interruptTask', request, tasks, signal)
        return {}
      },
      finishTask: async (request, signal) => {
        await callOperation('finishTask', request, tasks, signal)
        return {}
      },
      cleanupTask: async (request, signal) => {
        await callOperation('cleanupTask', request, tasks, signal)
        return {}
      },
      readConsole: async ({ id, offset, limit, wait, ofCheck = false }, signal) => {
        const task = await taskOf(id)
        const path = ofCheck ? filesOfCheck(task).console : filesOf(task).console
        const look = async () => {
          const { exit, state } = await taskOf(id) // First: what is written after this look comes with the next.
          const piece = await readConsole(path, { offset, limit }, await secrets())
          const off = state.phase === 'finished' || (exit !== null && !ofCheck)
          return { ...piece, ended: off && piece.offset + Buffer.byteLength(piece.data, 'base64') >= piece.size }
        }
        return await waitFor(look, (piece) => !wait || piece.data !== '' || piece.ended || piece.size < offset, signal)
      },
      openShell: async ({ id, ...size }, signal) => ({ shell: await shells.open(id, size, signal) }),
      readShell: ({ shell, after }, signal) => shells.read(shell, after, signal),
      writeShell: async ({ shell, data }) => {
        await shells.write(shell, Buffer.from(data, 'base64'))
        return {}
      },
      resizeShell: async ({ shell, ...size }) => {
        shells.resize(shell, size)
        return {}
      },
      closeShell: async ({ shell }) => {
        shells.close(shell)
        return {}
      },
      openSsh: async ({ id }, signal) => ({ shell: await shells.openSsh(id, signal) }),
      listeningPorts: async ({ id }, signal) => ({
        ports: await tasks.attachments.ports(requireTaskId(id), signal),
      }),
      openPreview: async ({ id, port }) => ({ url: await openPreview((await taskOf(id)).id, port) }),
      readSteps: async ({ id, after, wait }, signal) => {
        const look = async () => await steps.read(await taskOf(id), after)
        return await waitFor(look, (read) => !wait || read.ended || read.next !== after, signal)
      },
      changes: async ({ id }, signal) => shownChanges(await tasks.changes.look(requireTaskId(id), signal)),
      fileDiff: ({ id, path, wish = {} }, signal) => tasks.changes.diff(requireTaskId(id), path, wish, signal),
      ...placeCalls(tasks),
      ...reviewCalls({ tasks, home, refresh: () => feed.refresh() }),
      ...forgeCalls({ home, newForge: options.newForge, refresh: () => feed.refresh() }),
      repository: ({ alias }) =>
        repositoryDetails(tasks, { alias, tasksFolder: settings.current().tasksFolder ?? home }),
      setEgress: async ({ alias, egress }) => {
        await setEgress(home, alias, egress)
        await feed.refresh()
        return {}
      },
      setEnvironment: async (request) => {
        await setEnvironment(home, request)
        await feed.refresh()
        return {}
      },
      addRepository: async (request, signal) => {
        const added = await addRepository(home, request, signal)
        await feed.refresh()
        return added
      },
      removeRepository: async ({ alias }) => {
        await removeRepository(home, alias)
        await feed.refresh()
        return {}
      },
      writeStarterFlake: async ({ path }, signal) => ({ file: await writeStarterFlake(path, signal) }),
      diskUsage: async (request, signal) => {
        const usage = await callOperation('diskUsage', request, tasks, signal)
        const byRepository: Record<string, number> = {}
        for (const { repo, bytes } of usage.tasks) byRepository[repo] = (byRepository[repo] ?? 0) + bytes
        const slotsBytes = usage.slots.reduce((sum, { bytes }) => sum + bytes, 0)
        return { totalBytes: usage.total_bytes, slotsBytes, byRepository }
      },
      setup: (_request, signal) => readSetup(options, signal),
      diskRoom: async () => {
        const room = await diskRoom(home)
        return { freeBytes: room?.freeBytes ?? null, totalBytes: room?.totalBytes ?? null }
      },
      changeSettings: async ({ changes }) => {
        requireWindowSettings(changes)
        settings.change(changes as Partial<Settings>)
        await feed.refresh()
        return windowSettings(settings)
      },
    },
  }
}

async function readSetup(
  { home, env, mcpUrl, mcpToken, hostProblems }: WindowServiceOptions,
  signal: AbortSignal,
): Promise<Setup> {
  const serves = async () => true // It is this very process.
  const [ofHost, ofUser] = await Promise.all([hostProblems(signal), userProblems(home, env, serves)])
  return {
    problems: [...ofHost, ...ofUser].map(({ code, message, cure, optional = false }) => ({
      code,
      message,
      cure: withOwnCommand(cure),
      optional,
    })),
    token: await tokenState(env, home),
    mcpUrl: mcpUrl(),
    // The token stays in its file: what the window shows may be on a screen that others see.
    mcpCommand: addLine({ url: mcpUrl(), token: mcpToken }, { tokenPath: endpointTokenPath(home), isTty: false }),
  }
}

async function tokenState(env: NodeJS.ProcessEnv, home: string): Promise<Setup['token']> {
  try {
    return (await findKey(env, home)).source === 'environment' ? 'environment' : 'stored'
  } catch (error) {
    return error instanceof AppError && error.code === 'token-unsafe' ? 'unsafe' : 'missing'
  }
}

/** What a guest was given and no window may show; none when there is no key to be found. */
const secretsOf = (env: NodeJS.ProcessEnv, home: string): Promise<readonly string[]> =>
  findKey(env, home).then(
    ({ value }) => [value],
    () => [], // The set-up says why.
  )
