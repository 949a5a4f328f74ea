import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../../../main/app.ts'
import { parseTaskId } from '../../../main/core/task/task.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { createLog } from '../../../main/lib/log.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { connectToServer } from '../../../main/web/client.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import { stopMachines } from '../../support/machines/stop-machines.ts'
import type { Bench, BenchContext } from '../measure.ts'
import { markedFlake } from '../timed-task.ts'

/** With something that takes its time to build, and has some thousand files. */
const flake = markedFlake.replace(
  'PROJECT_SHELL =',
  `TOOLS = derivation {
            name = "tools";
            inherit system;
            builder = "/bin/bash";
            args = [ "-c" "/usr/bin/mkdir $out; for each in {1..2000}; do echo $each >$out/$each; done; /usr/bin/sleep 5" ];
          };
          PROJECT_SHELL =`,
)

export const environments: Bench = {
  name: 'environments',
  about: 'the environment of a known repository in a slot that had no task yet, against a further task in a slot',
  async measure(context) {
    const { quick, say, signal } = context
    await prepareHost(say, signal)
    const { home, enter } = await startProject(context)
    say('a first task, and then a machine that prepares its environment')
    const first = await enter()
    await isPrepared(join(home, 'prepared'), signal)
    await enter()
    const further: Entered[] = []
    const fresh: Entered[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      say(`round ${round + 1}`)
      further.push(await enter())
      await removeTree(join(home, 'slots'))
      fresh.push(await enter())
    }
    const rowOf = (what: string, figure: (one: Entered) => number, note: string) => ({
      ...{ what, unit: 'ms' as const, ours: fresh.map(figure) },
      against: { what: 'a further task in a slot', values: further.map(figure) },
      goal: { kind: 'ratio' as const, atMost: 1.3 },
      notes: [note],
    })
    return [
      rowOf(
        'environment of a known repository in a slot with blank disks',
        ({ nixMs }) => nixMs,
        `With nothing prepared, in the first task of all: ${(first.nixMs / 1000).toFixed(2)} s.`,
      ),
      rowOf('from power-on to that', ({ allMs }) => allMs, 'The guest also formats the disks of such a slot.'),
    ]
  },
}

interface Entered {
  /** From the start of nix to the development shell. */
  readonly nixMs: number
  /** From the start of the machine. */
  readonly allMs: number
}

/** A server with a repository. `enter` runs a task up to its development shell, and cancels it. */
async function startProject({ folder, stack, signal }: BenchContext) {
  const home = join(folder, 'home')
  const repository = join(folder, 'project')
  await makeRepository(repository, { flake })
  await mkdir(home, { mode: 0o700 })
  await registerRepository(home, { path: repository, alias: 'project' })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ egress: 'closed', prepareEnvironments: true }))
  // Nobody listens there: the task is cancelled as its agent begins.
  const env = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_API_KEY: 'sk-ant-api-bench' }
  const server = await startServer({ home, port: 0, log: createLog(process.stderr, 'warn'), env })
  stack.defer(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(10_000))
  })
  const client = await connectToServer(home)
  const enter = async (): Promise<Entered> => {
    const { task_id } = await client.call('run_task', { repo: 'project', description: 'Nothing' })
    const id = parseTaskId(task_id)
    if (!id) throw new Error(`${task_id} is no task id`)
    const { share, events } = taskFiles(home, id)
    const madeAt = async (name: string) => (await stat(join(share, name))).birthtimeMs
    const phase = async () => (await client.call('get_task_info', { task_id })).phase
    await until(async () => (await pathExists(join(share, 'shell-entered'))) && (await phase()) === 'working', signal)
    const entered = await madeAt('shell-entered')
    const [started = ''] = (await readFile(events, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"machine-started"'))
    const times = {
      nixMs: entered - (await madeAt('claude-stream.jsonl')),
      allMs: entered - Date.parse(JSON.parse(started).at),
    }
    await client.call('cancel_task', { task_id })
    await until(async () => (await phase()) === 'finished', signal)
    return times
  }
  return { home, enter }
}

async function isPrepared(folder: string, signal: AbortSignal): Promise<void> {
  await until(async () => {
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    if (names.some((name) => name.endsWith('.failed'))) throw new Error('The environment was not prepared')
    return names.some((name) => /\/[0-9a-f]{20}\.img$/.test(name))
  }, signal)
}

async function until(reached: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(600_000)])
  while (!(await reached())) await sleep(50, undefined, { signal: limit })
}
