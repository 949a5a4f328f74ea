import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../../../main/lib/files/look.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import type { Bench, BenchContext } from '../measure.ts'
import { noApi, startTaskServer, until } from '../task-server.ts'
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

/** An environment takes minutes to build. */
const patience = { limitMs: 600_000, pauseMs: 50 }

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
async function startProject(context: BenchContext) {
  const { signal } = context
  const { home, client, run, phaseOf } = await startTaskServer(context, {
    ...{ name: 'home', settings: { prepareEnvironments: true }, apiUrl: noApi, repository: { flake } },
  })
  const enter = async (): Promise<Entered> => {
    const id = await run('Nothing')
    const { share, events } = taskFiles(home, id)
    const madeAt = async (name: string) => (await stat(join(share, name))).birthtimeMs
    const isAtWork = async () => (await pathExists(join(share, 'shell-entered'))) && (await phaseOf(id)) === 'working'
    await until(isAtWork, signal, patience)
    const entered = await madeAt('shell-entered')
    const [started = ''] = (await readFile(events, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"machine-started"'))
    const times = {
      nixMs: entered - (await madeAt('claude-stream.jsonl')),
      allMs: entered - Date.parse(JSON.parse(started).at),
    }
    await client.call('cancel_task', { task_id: id })
    await until(async () => (await phaseOf(id)) === 'finished', signal, patience)
    return times
  }
  return { home, enter }
}

async function isPrepared(folder: string, signal: AbortSignal): Promise<void> {
  await until(
    async () => {
      const names = await readdir(folder, { recursive: true }).catch(() => [])
      if (names.some((name) => name.endsWith('.failed'))) throw new Error('The environment was not prepared')
      return names.some((name) => /\/[0-9a-f]{20}\.img$/.test(name))
    },
    signal,
    patience,
  )
}
