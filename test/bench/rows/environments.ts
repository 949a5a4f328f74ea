import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { prepareHost } from '../../support/machines/prepare-host.ts'
import type { Bench } from '../measure.ts'
import { markedFlake, startTimedServer, type TimedTask, timeTask } from '../timed-task.ts'

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
    const server = await startTimedServer(context, { flake, settings: { prepareEnvironments: true } })
    const run = () => timeTask(server, 'project')
    say('a first task, and then a machine that prepares its environment')
    const first = await run()
    await isPrepared(join(server.home, 'prepared'), signal)
    await run()
    const further: TimedTask[] = []
    const fresh: TimedTask[] = []
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      say(`round ${round + 1}`)
      further.push(await run())
      await removeTree(join(server.home, 'slots'))
      fresh.push(await run())
    }
    const rowOf = (what: string, parts: readonly string[], notes: readonly string[]) => ({
      what,
      unit: 'ms' as const,
      ours: fresh.map((task) => took(task, parts)),
      against: { what: 'a further task in a slot', values: further.map((task) => took(task, parts)) },
      goal: { kind: 'ratio' as const, atMost: 1.3 },
      notes,
    })
    return [
      rowOf(
        'environment of a known repository in a slot with blank disks',
        ['nix develop'],
        [`With nothing prepared, in the first task of all: ${(took(first, ['nix develop']) / 1000).toFixed(2)} s.`],
      ),
      rowOf(
        'from power-on to that',
        [...beforeNix, 'nix develop'],
        ['The guest also formats the disks of such a slot.'],
      ),
    ]
  },
}

const beforeNix = ["boot to the runner's first act", 'runner before nix develop']

const took = ({ parts }: TimedTask, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + (parts.get(name) ?? Number.NaN), 0)

async function isPrepared(folder: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(600_000)])
  for (;;) {
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    if (names.some((name) => name.endsWith('.failed'))) throw new Error('The environment was not prepared')
    if (names.some((name) => /\/[0-9a-f]{20}\.img$/.test(name))) return
    await sleep(200, undefined, { signal: limit })
  }
}
