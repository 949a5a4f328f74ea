import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { AppError } from './core/failure.ts'
import { createFleet } from './fleet/fleet.ts'
import { HookRunner } from './integrations/hooks/hook-runner.ts'
import { newForge } from './integrations/requests/new-forge.ts'
import { RequestKeeper } from './integrations/requests/request-keeper.ts'
import { readStatement } from './integrations/statements/read-statement.ts'
import { StatementWriter } from './integrations/statements/statement-writer.ts'
import { startTelemetry } from './integrations/telemetry/telemetry.ts'
import { inUrl, isLoopback, isWildcard } from './lib/addresses.ts'
import { cacheDirectory, packageDirectory } from './lib/files/paths.ts'
import { requirePrivateHome } from './lib/files/private-folder.ts'
import { listen } from './lib/http/http-listener.ts'
import type { Log } from './lib/log.ts'
import './lib/processes/disk-threads.ts'
import { Watchable } from './lib/watchable.ts'
import { chooseGuest, type GuestChoice } from './machines/choose-guest.ts'
import type { MachineDriver } from './machines/driver.ts'
import { createDriver } from './machines/drivers.ts'
import { ensureGuestImage, type GuestImage } from './machines/guest-image.ts'
import { hostProblems } from './machines/host/host-problems.ts'
import { SharedImage } from './machines/image/shared-image.ts'
import type { McpClient } from './mcp/clients.ts'
import { createMcpEndpoint } from './mcp/http.ts'
import { ensureEndpointToken, ensureMetricsToken, ensureWindowToken } from './settings/endpoint-token.ts'
import { findRepository, listRepositories } from './settings/repositories.ts'
import { unknownSettings } from './settings/settings.ts'
import { SettingsStore } from './settings/settings-store.ts'
import { withoutKeys } from './settings/token.ts'
import { RunRate, ratesOf } from './tasks/admission/run-rate.ts'
import { GuestLines } from './tasks/attach/guest-lines.ts'
import type { Tasks } from './tasks/contract.ts'
import { openEventLog } from './tasks/events/event-log.ts'
import { Orchestrator } from './tasks/orchestrator.ts'
import { BeginProgress } from './tasks/run/begin-progress.ts'
import { HostClock } from './tasks/run/host-clock.ts'
import { provisionsOf } from './tasks/slots/provisions-of.ts'
import { SlotPool } from './tasks/slots/slot-pool.ts'
import { createControlApi } from './web/control-api.ts'
import { createPage } from './web/page.ts'
import { Previews } from './web/preview/previews.ts'
import { newToken, readServerFile, removeServerFile, writeServerFile } from './web/server-file.ts'
import { createWindowApi } from './web/window-api.ts'
import { pageBuilder } from './window/build-page.ts'
import { pageDirectory } from './window/page-files.ts'
import { createWindowService, type WindowService } from './window/service.ts'

const dayMs = 24 * 60 * 60_000

/** What the orchestrator asks of the settings each time that it needs it. */
const taskSettings = [
  'queue',
  'queuePaused',
  'onUsageLimit',
  'heldPaths',
  'trailers',
  'placeOrder',
  'resolveConflicts',
  'warmMachines',
  'prepareEnvironments',
  'tasksFolder',
  'linkClones',
  'guest',
  'guestImage',
] as const
const limitSettings = [
  'cpus',
  'memoryMiB',
  'bootTimeoutMs',
  'taskTimeoutMs',
  'powerOffTimeoutMs',
  'minFreeGiB',
  'maxCostUsd',
  'maxTokens',
  'silenceTimeoutMs',
] as const

export interface ServerOptions {
  /** The home folder, see `homeDirectory`. */
  readonly home: string
  /** 0 takes a free one. */
  readonly port: number
  /** In place of the settings'. */
  readonly host?: string
  readonly auth?: boolean
  readonly log: Log
  readonly env: NodeJS.ProcessEnv
  /** In place of the host's own; for tests. */
  readonly driver?: MachineDriver
  /** The folder of the built window, in place of the usual one; for tests. */
  readonly page?: string
}

export interface Server {
  /** Of the MCP endpoint, as this host reaches it. */
  readonly url: string
  readonly tasks: Tasks
  /** The IP address and the port that it listens on. */
  readonly host: string
  readonly port: number
  /** What its clients must show as `Authorization: Bearer TOKEN`; null when nothing. */
  readonly token: string | null
  /** Of the window, for a browser on this host; the token in it is the home's, see `ensureWindowToken`. */
  readonly pageUrl: string
  /** Answers the window, regardless of who carries it. */
  readonly window: WindowService
  /**
   * Takes no more calls, and leaves running tasks to their machines or stops them: as said, else by the setting `onQuit`. Can be called
   * twice.
   */
  close(running?: 'leave' | 'stop'): Promise<void>
}

/**
 * The whole program: takes up what was left, then serves.
 * @throws AppError('port-taken' | 'home-unusable' | ...) with nothing left behind.
 */
export async function startServer(
  { home, port, log, env, driver, page = pageDirectory(), ...options }: ServerOptions,
  signal?: AbortSignal,
): Promise<Server> {
  signal?.throwIfAborted()
  // Reading ten thousand records makes V8 widen its young heap by some 80 MB, which it keeps for as long as the server runs.
  setFlagsFromString('--semi-space-growth-factor=1')
  await using stack = new AsyncDisposableStack()
  const settings = stack.use(SettingsStore.open(home, log))
  const atStart = settings.current()
  for (const key of unknownSettings(home)) log.warn('a setting is not known and changes nothing', { key })
  await requirePrivateHome(home, log)
  const { host, auth } = { ...atStart, ...options }
  requireAuthBeyondLoopback(host, auth)
  const mcpToken = auth ? await ensureEndpointToken(home) : undefined
  await refuseSecondServer(home)

  const machines = driver ?? hostDriver(log, () => settings.current())
  if (atStart.memoryTemplates && !machines.canRestore) log.warn('memoryTemplates changes nothing on this host')
  if (atStart.prepareEnvironments && !machines.canLayEnvironment)
    log.warn('prepareEnvironments changes nothing on this host')
  const events = stack.use(await openEventLog({ directory: home, log }))
  const tasks = stack.use(
    await Orchestrator.start(
      settings.addTo(
        {
          home,
          driver: machines,
          clock: stack.use(new HostClock(log)),
          lines: stack.use(new GuestLines(log)),
          beginProgress: new BeginProgress(machines),
          log,
          limits: settings.addTo({}, limitSettings),
          cacheDirectory: cacheDirectory(),
          ...(atStart.runsPerMinute !== null && { runRate: new RunRate(ratesOf(atStart.runsPerMinute)) }),
          events,
          slots: await SlotPool.open(join(home, 'slot-assignments.json')),
          repositories: { find: (alias) => findRepository(home, alias), list: () => listRepositories(home) },
          places: createFleet(home),
          provisions: async (repoPath, place) => provisionsOf({ home, settings, env, machines, repoPath, place }),
        },
        taskSettings,
      ),
    ),
  )
  stack.use(await HookRunner.start({ home, tasks, env: withoutKeys(env), log }))
  stack.use(RequestKeeper.start({ home, tasks, log }))
  stack.defer(settings.watch(['warmMachines', 'queuePaused'], () => tasks.settingsChanged()))

  let said: 'leave' | 'stop' | undefined
  stack.defer(async () => {
    if ((said ?? settings.current().onQuit) === 'stop') await tasks.stopAll()
  })

  const pruneOld = async () => {
    const { pruneAfterDays: keepDays } = settings.current()
    if (keepDays === null) return
    await tasks.prune({ by: 'policy', dryRun: false, keepDays }).catch((error: unknown) => {
      log.warn('old tasks could not be pruned', { reason: String(error) })
    })
  }
  void pruneOld()
  const daily = setInterval(() => void pruneOld(), dayMs).unref()
  stack.defer(() => clearInterval(daily))

  const version = packageVersion()
  const token = newToken()
  const clients = new Watchable<readonly McpClient[]>([])
  const mcp = createMcpEndpoint({
    tasks,
    log,
    version,
    onClients: (known) => clients.set(known),
    ...(mcpToken !== undefined && { token: mcpToken }),
  })
  stack.use(await StatementWriter.start({ home, tasks, version, log }))
  const session = await ensureWindowToken(home)
  const { otlpEndpoint } = atStart
  const telemetry = stack.use(
    startTelemetry({ tasks, token: await ensureMetricsToken(home), version, otlpEndpoint, log }),
  )
  const reachable = reachableAddress(host)
  const urlOf = (path: string) => `http://${inUrl(reachable)}:${listener.port}${path}`
  const previews = stack.use(
    new Previews({ attachments: tasks.attachments, log, ...(port !== 0 && { port: port + 1 }) }),
  )
  const window = stack.use(
    createWindowService({
      openPreview: (id, guestPort) => previews.open(id, guestPort),
      statementOf: readStatement,
      newForge: async (alias, wish) => (await newForge(home, alias, wish)).forge,
      tasks,
      home,
      settings,
      env,
      log,
      clients,
      mcpUrl: () => urlOf('/mcp'),
      mcpToken: mcpToken ?? null,
      hostProblems: (asked) =>
        hostProblems(machines, { cacheDirectory: cacheDirectory(), guest: settings.current() }, asked),
    }),
  )
  const listener = await listen(
    {
      port,
      host,
      allowedHosts: atStart.allowedHosts,
      log,
      routes: {
        '/mcp': mcp.handle,
        '/metrics': telemetry.metrics,
        '/api/window/': createWindowApi({ service: window, token, session, version, log }),
        '/api/': createControlApi({ tasks, token, version, log }),
        '/': createPage({ directory: page, build: pageBuilder(), log }),
      },
    },
    signal,
  )
  stack.defer(() => listener.close())
  settings.startedWith({ host, auth, port: listener.port })
  stack.defer(() => mcp.close())
  await writeServerFile(home, { host: reachable, port: listener.port, token })
  stack.defer(() => removeServerFile(home))

  const running = stack.move()
  let closing: Promise<void> | undefined
  const close: Server['close'] = (tasksAtWork) => {
    said ??= tasksAtWork
    closing ??= running.disposeAsync()
    return closing
  }
  return {
    url: urlOf('/mcp'),
    pageUrl: urlOf(`/#token=${session}`),
    window,
    host,
    port: listener.port,
    token: mcpToken ?? null,
    tasks,
    close,
  }
}

/** Where this host reaches a server that listens on the address. */
function reachableAddress(host: string): string {
  if (!isWildcard(host)) return host
  return host === '0.0.0.0' ? '127.0.0.1' : '::1'
}

/** @throws AppError('argument-invalid') for an address that others reach, when no token keeps them out. */
function requireAuthBeyondLoopback(host: string, auth: boolean): void {
  if (auth || isLoopback(host)) return
  throw new AppError('argument-invalid', `Others reach ${host}, so clients there must show a token`, {
    hint: `Run: microvm-orchestrator serve --host ${host} --auth`,
  })
}

/** The host's driver over the guest image, which is built or fetched on first need and once, and again for another choice. */
export function hostDriver(
  log: Log,
  choice: () => GuestChoice & { readonly memoryTemplates?: boolean },
): MachineDriver {
  const imageProgress = new Watchable<string | null>(null)
  let shared: { readonly chosen: string; readonly image: SharedImage } | undefined
  const image = async (signal: AbortSignal): Promise<GuestImage> => {
    const { guest, guestImage } = choice()
    const chosen = JSON.stringify([guest, guestImage])
    if (shared?.chosen !== chosen) {
      const source = chooseGuest({ guest, guestImage })
      const ensure = (tell: (line: string) => void, abort: AbortSignal): Promise<GuestImage> => {
        const onProgress = (progress: string): void => {
          log.info('guest image', { progress })
          tell(progress)
        }
        return ensureGuestImage({ cacheDirectory: cacheDirectory(), onProgress }, abort, source)
      }
      shared = { chosen, image: new SharedImage(ensure, imageProgress) }
    }
    return await shared.image.get(signal)
  }
  const imageKey = (): Promise<string> => {
    const { guest, guestImage } = choice()
    return chooseGuest({ guest, guestImage }).key()
  }
  const restore = () => choice().memoryTemplates ?? false
  return { ...createDriver({ image, imageKey, cacheDirectory: cacheDirectory(), log, restore }), imageProgress }
}

async function refuseSecondServer(home: string): Promise<void> {
  const other = await readServerFile(home)
  if (!other || other.pid === process.pid) return
  throw new AppError('port-taken', `A server of ${home} runs already, as process ${other.pid} on port ${other.port}`, {
    hint: 'Use it, or stop it first',
  })
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageDirectory(), 'package.json'), 'utf8')) as { version: string }
  return version
}
