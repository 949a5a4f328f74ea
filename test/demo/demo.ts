/** `npm run demo`: one real task, from nothing to a merged commit. Exit status 0 only when the commit is on the branch. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { terminalText } from '../../main/commands/terminal/terminal-words.ts'
import { AppError, toFailure } from '../../main/core/failure.ts'
import type { TaskView } from '../../main/core/task/view.ts'
import { followFile } from '../../main/lib/files/follow-file.ts'
import { cacheDirectory } from '../../main/lib/files/paths.ts'
import { removeTree } from '../../main/lib/files/remove-tree.ts'
import { terminalTextFilter } from '../../main/lib/guest/terminal-text.ts'
import { startHeartbeat } from '../../main/lib/heartbeat.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { readSettings } from '../../main/settings/settings.ts'
import { requireSpace } from '../../main/tasks/admission/disk-space.ts'
import { connectToServer, type ServerConnection } from '../../main/web/client.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { runCommand, startCommand } from '../support/command-line.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import { greeterScript, greeterTask, makeGreeter, scriptMarker } from './greeter.ts'
import { lockDemo } from './lock-demo.ts'

const folder = join(homedir(), '.microvm-orchestrator-demo')
const home = join(folder, 'home')
const repo = join(folder, 'greeter')
const serverLog = join(folder, 'serve.log')
const say = (line = ''): void => void process.stdout.write(`${line}\n`)

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new AppError('cancelled', 'Stopped')))
}

try {
  process.exitCode = (await demo(stop.signal)) ? 0 : 1
} catch (error) {
  say()
  say(terminalText(toFailure(stop.signal.aborted ? stop.signal.reason : error)))
  process.exitCode = 1
}

async function demo(signal: AbortSignal): Promise<boolean> {
  const started = performance.now()
  const hasKey = Boolean(process.env.CLAUDE_CODE_OAUTH_TOKEN || process.env.ANTHROPIC_API_KEY)
  announce(hasKey)

  await using _lock = await lockDemo(folder, signal)
  // Before packages are installed and an image is built for a task that is then refused.
  await requireSpace([folder], readSettings(home).minFreeGiB)
  say('== 1. This host')
  // Loaded here, so that the words above come at once.
  const { prepareHost } = await import('../support/machines/prepare-host.ts')
  const { directory } = await prepareHost((line) => say(`   ${line}`), signal)
  say(`   Ready. The guest image: ${directory}`)

  await using stack = new AsyncDisposableStack()
  say('== 2. A repository')
  await clearLastDemo()
  await makeGreeter(repo, signal)
  await command('allow', repo, '--alias', 'greeter')
  say(`   ${repo}: greet.sh has a fault that its check.sh finds.`)

  say('== 3. The orchestrator')
  const environment = hasKey ? ownEnvironment() : await scriptedEnvironment(stack)
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: hasKey ? 'open' : 'closed' }))
  const server = await startServer(stack, environment, signal)
  say(`   serve listens on http://127.0.0.1:${server.port}/mcp, its log is ${serverLog}`)

  say('== 4. The task')
  say(`   "${greeterTask}"`)
  const description = hasKey ? greeterTask : greeterTask + scriptMarker
  const request = { repo: 'greeter', description, client: 'demo' }
  const { task_id } = await server.call('run_task', request, signal)
  say(`   run_task answered ${task_id}. The console of its virtual machine:`)
  const task = await watch(server, task_id, signal)

  say('== 5. What came of it')
  const merged = await report(task)
  say(`   ${Math.round((performance.now() - started) / 1000)} s in all.`)
  return merged
}

function announce(hasKey: boolean): void {
  say(
    'This runs one real task: a coding agent (Claude Code) alone in a virtual machine, on a clone of a repository; its commit',
  )
  say('is merged into the branch when the machine is off.')
  say(`It keeps its files in ${folder}, guest images and tools in`)
  say(`${cacheDirectory()}; delete both to be rid of it. System packages are`)
  say('installed only if they are missing, and named first.')
  say(
    hasKey
      ? 'There is a key in the environment: the agent talks to the real API, which costs a few cents.'
      : 'There is no CLAUDE_CODE_OAUTH_TOKEN or ANTHROPIC_API_KEY in the environment: the agent talks to a scripted API on this host.',
  )
  say()
}

/** What the last demo left: a machine, where it was killed, then its repository. */
async function clearLastDemo(): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await stopMachines(home, AbortSignal.timeout(10_000))
  await removeTree(repo)
}

const ownEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )

async function scriptedEnvironment(stack: AsyncDisposableStack): Promise<Record<string, string>> {
  const key = 'sk-ant-api-scripted'
  const api = stack.use(await startScriptedApi({ scripts: { greeter: greeterScript }, expectedKey: key, delayMs: 20 }))
  return { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: key }
}

async function command(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(args, { home, env: { HOME: homedir() } })
  if (exitCode !== 0) throw new Error(stderr.trim() || `${args[0]} failed`)
}

/** The real command as a process of its own. When it has ended, whatever machine it let go of is ended too. */
async function startServer(
  stack: AsyncDisposableStack,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ServerConnection> {
  stack.defer(async () => {
    const stopped = await stopMachines(home, AbortSignal.timeout(10_000))
    if (stopped > 0) say(`   Its virtual machine was stopped.`)
  })
  await rm(serverLog, { force: true })
  const child = startCommand(['serve', '--port', '0'], {
    home,
    env: { ...env, HOME: homedir(), MICROVM_ORCHESTRATOR_HOME: home },
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  stack.defer(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-100_000)
    void writeFile(serverLog, text, { flag: 'a' })
  })
  const listening = new Promise<boolean>((resolve) => {
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('Listening') && resolve(true))
    void ended.then(() => resolve(false))
  })
  if (!(await listening)) throw new Error(`serve ended at once: ${errors.trim()}`)
  signal.throwIfAborted()
  return await connectToServer(home)
}

/** Shows the console as plain text until the task has ended. */
async function watch(server: ServerConnection, task_id: string, signal: AbortSignal): Promise<TaskView> {
  const { log_path } = await server.call('get_task_logs', { task_id }, signal)
  const view = () => server.call('get_task_info', { task_id }, signal)
  const isOver = async () => ['completed', 'failed'].includes((await view()).status)
  const safe = terminalTextFilter()
  using heartbeat = startHeartbeat((text) => say(`   ${text}`))
  const quiet = 'The machine is at work and prints nothing'
  heartbeat.now(quiet)
  let line = ''
  for await (const chunk of followFile(log_path, { isOver, pollMs: 300 }, signal)) {
    const lines = (line + safe(chunk.toString('utf8'))).split('\n')
    line = lines.pop() ?? ''
    for (const each of lines) if (each.trim() !== '') say(`   | ${each}`)
    heartbeat.now(quiet)
  }
  while (!(await isOver())) await sleep(300, undefined, { signal })
  return await view()
}

async function report({ status, result, merge_result, error }: TaskView): Promise<boolean> {
  if (result) say(`   The agent says: ${result.summary}`)
  if (error) say(`   ${error}`)
  const merged = status === 'completed' && merge_result?.merged === true && merge_result.commits > 0
  if (!merged) {
    say(`   Nothing was merged: ${JSON.stringify(merge_result)}`)
    say(`   Look at ${serverLog} and below ${join(home, 'tasks')}.`)
    const log = await readFile(serverLog, 'utf8').catch(() => '')
    for (const line of log.trim().split('\n').slice(-5)) say(`   ${line}`)
    return false
  }
  say(`   Merged by ${merge_result.method}, ${merge_result.commits} commit(s). In ${repo}:`)
  say()
  const { stdout } = await runOrThrow('git', ['show', '--stat', '--patch', '--no-color', 'main'], { cwd: repo })
  say(terminalTextFilter()(stdout))
  return true
}
