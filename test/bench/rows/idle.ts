import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

export const idle: Bench = {
  name: 'idle',
  about: 'what a server with nothing to do takes of a core',
  async measure({ folder, quick, say, signal }) {
    const home = join(folder, 'home')
    await mkdir(home, { mode: 0o700 })
    await using server = await ServerProcess.start('our-server.ts', [home], join(folder, 'server.log'))
    const seconds = quick ? 10 : 60
    await sleep(3_000, undefined, { signal }) // The engine still tidies up after the start.
    say(`${seconds} seconds of nothing`)
    const [before, start] = [await server.processorSeconds(), performance.now()]
    await sleep(seconds * 1_000, undefined, { signal })
    const used = (await server.processorSeconds()) - before
    return [
      {
        what: 'a server with nothing running, of one core',
        unit: '%',
        ours: [(used * 100_000) / (performance.now() - start)],
        against: null,
        goal: { kind: 'limit', atMost: 1 },
        notes: [
          'Its timers then: the watch of free disk space (30 s, looks at nothing while no task runs), the sweep of MCP sessions (15 s); the window, guest clocks, queue and pruning have none while there is nothing to show, run, wait or prune.',
        ],
      },
    ]
  },
}
