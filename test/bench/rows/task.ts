import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startServer } from '../../../main/app.ts'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { createLog } from '../../../main/lib/log.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { connectToServer, type ServerConnection } from '../../../main/web/client.ts'
import { startScriptedApi } from '../../support/claude/scripted-api.ts'
import type { Script } from '../../support/claude/scripted-turn.ts'
import { makeRepository, offlineFlake } from '../../support/git/repositories.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { stopMachines } from '../../support/machines/stop-machines.ts'
import { commitFile } from '../../support/scripts.ts'
import { addMaterial } from '../material.ts'
import { type Bench, type BenchContext, summarize } from '../measure.ts'
import { makeMachines } from './boot.ts'

export const task: Bench = {
  name: 'task',
  about: "one whole task in a real VM, without Claude's own time and the boot floor",
  async measure(context) {
    const { quick, say, signal } = context
    const image = await prepareHost(say, signal)
    const { bootBare } = await makeMachines(context, image)
    const server = await startAll(context)
    say('a first task, which formats the disks of its slot')
    await runOnce(server, 'project')
    const floors: number[] = []
    const runs: Run[] = []
    const largeRuns: Run[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      say(`round ${round + 1}`)
      floors.push(await bootBare())
      runs.push(await runOnce(server, 'project'))
      largeRuns.push(await runOnce(server, 'large'))
    }
    const floor = summarize(floors).quoted
    return [
      {
        what: "whole task, run_task to event, without Claude's seconds and the boot floor",
        unit: 'ms',
        ours: runs.map(({ wallMs, claudeMs }) => wallMs - claudeMs - floor),
        against: null,
        goal: { kind: 'limit', atMost: 1500 },
        unreached: `${mostlyEmulated}; Claude Code's loading before its own count is in it.`,
        notes: [
          `All of it: ${seconds(runs.map(({ wallMs }) => wallMs))}; Claude by its own account: ${seconds(runs.map(({ claudeMs }) => claudeMs))}; boot floor: ${seconds(floors)} (medians).`,
          `Where it goes (medians): ${partsOf(runs)}.`,
        ],
      },
      {
        what: "the same, all of Claude's process taken as Claude's own",
        unit: 'ms',
        ours: runs.map(({ wallMs, processMs }) => wallMs - processMs - floor),
        against: null,
        goal: { kind: 'limit', atMost: 1500 },
        unreached: `${mostlyEmulated}, of which nix develop and the boot beyond its floor are most. A machine that was booted ahead (see the row on warm start) saves the boot.`,
        notes: [
          'Its own account begins when its program is loaded; this takes off all from its start to its last line.',
        ],
      },
      {
        what: 'end of agent to event delivered, 95 MB repository',
        unit: 'ms',
        ours: largeRuns.map(({ afterAgentMs }) => afterAgentMs),
        against: null,
        goal: { kind: 'limit', atMost: 300 },
        unreached: `${mostlyEmulated}: the guest unmounts its disks and powers off before anything of it is read. Fewer programs are started there than were, and the host asks git at once what does not depend on each other.`,
        notes: [
          'From result.json to the event, powering the guest off included.',
          `Where it goes (medians): ${partsOf(largeRuns, lastParts)}.`,
          `Small repository: ${seconds(runs.map(({ afterAgentMs }) => afterAgentMs))} (median).`,
          `Before it, in the large one: ${partsOf(largeRuns, ['clone', 'nix develop'])}.`,
        ],
      },
    ]
  },
}

const mostlyEmulated =
  'most of it is the guest at work on an emulated processor, some ten times slower than one with KVM'

/** Those after the agent's end. */
const lastParts = ['power off', 'salvage', 'result on the host', 'merge', 'finish and announce']

function partsOf(runs: readonly Run[], only?: readonly string[]): string {
  const names = only ?? [...new Set(runs.flatMap(({ parts }) => [...parts.keys()]))]
  return names.map((name) => `${name} ${seconds(runs.map(({ parts }) => parts.get(name) ?? 0))}`).join(', ')
}

const seconds = (values: readonly number[]): string => `${(summarize(values).quoted / 1000).toFixed(2)} s`

type Alias = 'project' | 'large'

interface BenchServer {
  readonly client: ServerConnection
  readonly home: string
  readonly repositories: Readonly<Record<Alias, string>>
  /** When the model was first asked in the task under way, ms since the epoch. */
  readonly asked: { at: number }
}

/** Entering the development shell leaves a mark in the share, so that nix's part can be told from Claude's. */
const markedFlake = offlineFlake.replace('PROJECT_SHELL', 'shellHook = ": > ../shell-entered"; PROJECT_SHELL')

async function startAll({ folder, stack }: BenchContext): Promise<BenchServer> {
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
    await makeRepository(path, { flake: markedFlake })
    await registerRepository(home, { path, alias })
  }
  await addMaterial(repositories.large, { commits: 6, blobs: 24, replaced: 14, smallFiles: 4000 })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed' }))
  const env = { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const server = await startServer({ home, port: 0, log: createLog(process.stderr, 'warn'), env })
  stack.defer(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(10_000))
  })
  return { client: await connectToServer(home), home, repositories, asked }
}

interface Run {
  readonly wallMs: number
  /** `duration_ms` of Claude Code's last line. */
  readonly claudeMs: number
  /** From the start of Claude Code to its last line. */
  readonly processMs: number
  /** From the guest's result.json to the event. */
  readonly afterAgentMs: number
  readonly parts: ReadonlyMap<string, number>
}

async function runOnce({ client, home, asked }: BenchServer, repo: Alias): Promise<Run> {
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
    ['power off', at('machine-exited')],
    ['salvage', at('salvaged')],
    ['result on the host', at('result-read')],
    ['merge', at('merge-tried')],
    ['finish and announce', end],
  ]
  const parts = new Map(steps.map(([name, until], index) => [name, until - (steps[index - 1]?.[1] ?? start)]))
  return { wallMs: end - start, claudeMs, processMs: lastLine - entered, afterAgentMs: end - agentEnd, parts }
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
  const last = JSON.parse(lines.at(-1) ?? '') as { readonly type?: string; readonly duration_ms?: number }
  if (last.type !== 'result' || last.duration_ms === undefined) throw new Error(`${path} ends with no result`)
  return last.duration_ms
}
