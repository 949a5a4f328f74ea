import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/failure.ts'
import type { Effort } from '../../core/task/agent-choice.ts'
import type { TaskView } from '../../core/task/view.ts'
import { ownCommand } from '../../lib/processes/own-command.ts'
import { connectToServer, type ServerConnection } from '../../web/client.ts'
import { printJson } from '../terminal/print-json.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface RunFlags {
  readonly wait: boolean
  readonly queue?: boolean
  readonly priority?: number
  readonly timeoutMs?: number
  readonly maxCostUsd?: number
  readonly maxTokens?: number
  readonly model?: string
  readonly effort?: Effort
  readonly base?: string
  /** Ids of tasks. */
  readonly after?: readonly string[]
  readonly holdMs?: number
  readonly place?: string
  readonly attempts?: number
  /** Separated by commas. */
  readonly models?: string
  readonly judge?: boolean
  /** `SETTING=VALUE`, one each. */
  readonly agent?: readonly string[]
}

export interface RunCommand extends RunFlags {
  readonly repo: string
  readonly description: string
}

const pollMs = 500

/** Starts a task, or several attempts at one, and prints its id. With `wait` the id goes to stderr, the end to stdout as JSON, and a failure is exit status 1. */
export async function run(terminal: Terminal, { repo, description, wait, ...flags }: RunCommand): Promise<void> {
  const server = await connectToServer(terminal.home)
  const { task_id, attempts } = await server.call('run_task', {
    repo,
    description,
    client: 'cli',
    ...(flags.queue !== undefined && { queue: flags.queue }),
    ...(flags.priority !== undefined && { priority: flags.priority }),
    ...(flags.timeoutMs !== undefined && { timeout_ms: flags.timeoutMs }),
    ...(flags.maxCostUsd !== undefined && { max_cost_usd: flags.maxCostUsd }),
    ...(flags.maxTokens !== undefined && { max_tokens: flags.maxTokens }),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.effort !== undefined && { effort: flags.effort }),
    ...(flags.base !== undefined && { base: flags.base }),
    ...(flags.after && { after: [...flags.after] }),
    ...(flags.holdMs !== undefined && { hold_ms: flags.holdMs }),
    ...(flags.place !== undefined && { place: flags.place }),
    ...(flags.attempts !== undefined && { attempts: flags.attempts }),
    ...(flags.models !== undefined && { models: flags.models.split(',') }),
    ...(flags.judge !== undefined && { judge: flags.judge }),
    ...(flags.agent && { agent: Object.fromEntries(flags.agent.map(settingOf)) }),
  })
  const ids = attempts ?? [task_id]
  if (!wait) {
    for (const id of ids) terminal.say(id)
    return
  }
  for (const id of ids) await waitFor(terminal, server, id)
}

async function waitFor(terminal: Terminal, server: ServerConnection, task_id: string): Promise<void> {
  terminal.note(`Task ${task_id} started; its console: ${ownCommand()} logs -f ${task_id}`)
  const end = await endOf(server, task_id, (progress) => terminal.note(progress))
  await printJson(terminal, end)
  if (end.status === 'failed') process.exitCode = 1
}

/** The server knows the settings and checks the value; figures are sent as such. */
function settingOf(text: string): [string, string | number] {
  const [, name = '', value = ''] = /^([a-z_]+)=(.+)$/.exec(text) ?? []
  if (name === '') {
    throw new AppError('argument-invalid', `'${text.slice(0, 100)}' is no setting of an agent`, {
      hint: 'Give it as SETTING=VALUE, such as --agent max_output_tokens=32000',
    })
  }
  return [name, /^\d+$/.test(value) ? Number(value) : value]
}

/** Asks for this one task: the next event might be another's end, and taking it would keep it from `wait`. */
async function endOf(server: ServerConnection, task_id: string, onProgress: (line: string) => void): Promise<TaskView> {
  let told: string | undefined
  for (;;) {
    const view = await server.call('get_task_info', { task_id })
    if (view.progress !== undefined && view.progress !== told) onProgress(view.progress)
    told = view.progress
    if (view.status === 'completed' || view.status === 'failed') return view
    await sleep(pollMs)
  }
}
