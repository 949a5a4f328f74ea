import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launchBrowser } from '../../support/window/launch-browser.ts'
import type { Bench } from '../measure.ts'
import { ServerProcess } from '../server-process.ts'

export const idle: Bench = {
  name: 'idle',
  about: 'what a server with nothing to do takes of a core, without a window and with one',
  async measure({ folder, quick, stack, say, signal }) {
    const home = join(folder, 'home')
    await mkdir(home, { mode: 0o700 })
    await using server = await ServerProcess.start('our-server.ts', [home], join(folder, 'server.log'))
    const seconds = quick ? 10 : 60
    await sleep(3_000, undefined, { signal }) // The engine still tidies up after the start.
    const share = async (): Promise<number> => {
      const [before, start] = [await server.processorSeconds(), performance.now()]
      await sleep(seconds * 1_000, undefined, { signal })
      return (((await server.processorSeconds()) - before) * 100_000) / (performance.now() - start)
    }
    say(`${seconds} seconds of nothing`)
    const alone = await share()

    const browser = await launchBrowser()
    stack.defer(() => browser.close())
    const page = await browser.newPage({ viewport: { width: 1180, height: 760 } })
    await page.goto(server.pageUrl ?? '')
    await page.getByRole('heading', { name: 'Slots' }).waitFor()
    await sleep(5_000, undefined, { signal })
    const looks = quick ? 2 : 10
    say(`${looks} times ${seconds} seconds with the window open`)
    const memory = { before: await server.residentMegabytes(), after: [] as number[] }
    const shown: number[] = []
    for (let look = 0; look < looks; look += 1) {
      shown.push(await share())
      memory.after.push(await server.residentMegabytes())
    }
    return [
      {
        what: 'a server with nothing running, of one core',
        unit: '%',
        ours: [alone],
        against: null,
        goal: { kind: 'limit', atMost: 1 },
        notes: [
          'Its timers then: the watch of free disk space (30 s, looks at nothing while no task runs), the sweep of MCP sessions (15 s); the window, guest clocks, queue and pruning have none while there is nothing to show, run, wait or prune.',
        ],
      },
      {
        what: 'the same while a window is open',
        ...{ unit: '%', ours: shown, against: null, goal: { kind: 'limit', atMost: 0.5 } },
      },
      {
        what: 'its memory then',
        ...{ unit: 'MB', ours: memory.after, goal: { kind: 'ratio', atMost: 1.1 } },
        against: { what: 'when the window had just opened', values: [memory.before] },
        notes: [`Looked at once in ${seconds} seconds, ${looks} times.`],
      },
    ]
  },
}
