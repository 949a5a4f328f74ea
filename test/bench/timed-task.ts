import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startServer } from '../../main/app.ts'
import { parseTaskId } from '../../main/core/task/task.ts'
import { createLog } from '../../main/lib/log.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import type { Settings } from '../../main/settings/settings.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { connectToServer, type ServerConnection } from '../../main/web/client.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import type { Script } from '../support/claude/scripted-turn.ts'
import { makeRepository, offlineFlake } from '../support/git/repositories.ts'
import { stopMachines } from '../support/machines/stop-machines.ts'
import { commitFile } from '../support/scripts.ts'
import { addMaterial } from './material.ts'
import type { BenchContext } from './measure.ts'

export type Alias = 'project' | 'large'

export interface BenchServer {
  readonly client: ServerConnection
  readonly home: string
  readonly repositories: Readonly<Record<Alias, string>>
  /** When the model was first asked in the task under way, ms since the epoch. */
  readonly asked: { at: number }
}

/** Entering the development shell leaves a mark in the share, so that nix's part can be told from Claude's. */
export const markedFlake = offlineFlake.replace('PROJECT_SHELL', 'shellHook = ": > ../shell-entered"; PROJECT_SHELL')

/** A server over real machines and a scripted model, with a small and a large repository. */
export async function startTimedServer(
  { folder, stack }: Pick<BenchContext, 'folder' | 'stack'>,
  { flake = markedFlake, settings = {} }: { readonly flake?: string; readonly settings?: Partial<Settings> } = {},
): Promise<BenchServer> {
  const asked = { at: 0 }
  let round = 0
  const script: Script = (history) => {
    if (history.turn === 0) {
      asked.at = Date.now()
      round += 1
    }
    return commitFile(`hello-${round}.md`, `Round ${round}\n`, `Add hello-${round}.md`)(history)
  }
  const api = stack.use(await startScriptedApi({ scripts: { bench: script } }))
  const home = join(folder, 'home')
  const repositories = { project: join(folder, 'project'), large: join(folder, 'large') }
  await mkdir(home, { mode: 0o700 })
  for (const [alias, path] of Object.entries(repositories)) {
    await makeRepository(path, { flake })
    await registerRepository(home, { path, alias })
  }
  await addMaterial(repositories.large, { commits: 6, blobs: 24, replaced: 14, smallFiles: 4000 })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', ...settings }))
  const env = { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const server = await startServer({ home, port: 0, log: createLog(process.stderr, 'warn'), env })
  stack.defer(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(10_000))
  })
  return { client: await connectToServer(home), home, repositories, asked }
}

export interface TimedTask {
  readonly wallMs: number
  /** `duration_ms` of Claude Code's last line. */
  readonly claudeMs: number
  /** From the start of Claude Code to its last line. */
  readonly processMs: number
  /** From the guest's result.json to the event. */
  readonly afterAgentMs: number
  /** In their order, in milliseconds; one follows on the other. */
  readonly parts: ReadonlyMap<string, number>
  /** When it was asked for; milliseconds since 1970. */
  readonly startedAt: number
}

/** Runs one task from the call to its event, and says when each part of it ended, by the records of host and guest. @throws when it does not end well. */
export async function timeTask({ client, home, asked }: BenchServer, repo: Alias): Promise<TimedTask> {
  const description = `Add a file. [script: bench]`
  const start = Date.now()
  const { task_id } = await client.call('run_task', { repo, description, client: 'bench' })
  const event = await client.call('wait_next_event', { client: 'bench', timeout_ms: 600_000 })
  const end = Date.now()
  const id = parseTaskId(task_id)
  if (!id) throw new Error(`${task_id} is no task id`)
  const files = taskFiles(home, id)
  if (!('type' in event) || event.type !== 'completed' || event.merge_result?.merged !== true) {
    throw new Error(`The task did not end well: ${JSON.stringify(event)}\n${await readFile(files.console, 'utf8')}`)
  }
  const times = await eventTimes(files.events)
  const at = (type: string): number => times.get(type) ?? Number.NaN
  const madeIn = async (name: string) => (await stat(join(files.share, name))).birthtimeMs
  const entering = await madeIn('claude-stream.jsonl')
  const entered = await madeIn('shell-entered')
  const agentEnd = (await stat(join(files.share, 'result.json'))).mtimeMs
  const lastLine = (await stat(join(files.share, 'claude-stream.jsonl'))).mtimeMs
  const claudeMs = await claudeDuration(files.stream)
  const steps: readonly (readonly [name: string, end: number])[] = [
    ['accept', at('slot-leased')],
    ['clone', at('cloned')],
    ['start of the machine', at('machine-started')],
    ["boot to the runner's first act", await madeIn('started')],
    ['runner before nix develop', entering],
    ['nix develop', entered],
    ["Claude's start to its first question", asked.at],
    ["Claude's work", lastLine],
    ['result in the guest', agentEnd],
    ['what runs there ended and its shares closed', at('machine-exited')],
    ['salvage', at('salvaged')],
    ['result on the host', at('result-read')],
    ['merge', at('merge-tried')],
    ['finish', at('finished')],
    ['announce', end],
  ]
  const parts = new Map(steps.map(([name, until], index) => [name, until - (steps[index - 1]?.[1] ?? start)]))
  return {
    wallMs: end - start,
    claudeMs,
    processMs: lastLine - entered,
    afterAgentMs: end - agentEnd,
    parts,
    startedAt: start,
  }
}

async function eventTimes(path: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  return new Map(
    lines.map((line) => {
      const { type, at } = JSON.parse(line) as { readonly type: string; readonly at: string }
      return [type, Date.parse(at)]
    }),
  )
}

async function claudeDuration(path: string): Promise<number> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  // The runner adds lines of its own.
  const said = lines.map((line) => JSON.parse(line) as { readonly type?: string; readonly duration_ms?: number })
  const ms = said.findLast(({ type }) => type === 'result')?.duration_ms
  if (ms === undefined) throw new Error(`${path} has no result`)
  return ms
}
