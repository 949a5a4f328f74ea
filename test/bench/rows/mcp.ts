import { deepEqual } from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { McpClient } from '../mcp-client.ts'
import { type Bench, inPairs, type Row, summarize, timed } from '../measure.ts'
import { startServerProcess } from '../server-process.ts'

export const mcp: Bench = {
  name: 'mcp',
  about: 'calls of list_slots, one client and ten, against a bare server of the same SDK',
  async measure(context) {
    const { folder, quick, stack, say } = context
    const home = join(folder, 'home')
    await mkdir(home, { mode: 0o700 })
    const ourUrl = await startServerProcess('our-server.ts', [home], context)
    const [asking] = await connectMany(1, ourUrl, stack)
    const answer = JSON.stringify(await asking?.call('list_slots'))
    const bareUrl = await startServerProcess('bare-server.ts', [answer], context)
    const rows: Row[] = []
    for (const clients of [1, 10]) {
      say(`${clients} at once`)
      const ours = await connectMany(clients, ourUrl, stack)
      const bare = await connectMany(clients, bareUrl, stack)
      deepEqual(await ours[0]?.call('list_slots'), await bare[0]?.call('list_slots'))
      const calls = quick ? 100 : 600
      const ourBlocks: Block[] = []
      const bareBlocks: Block[] = []
      const measured = await inPairs(
        quick ? 3 : 11,
        () => measureBlock(ours, calls, ourBlocks),
        () => measureBlock(bare, calls, bareBlocks),
      )
      const name = clients === 1 ? '1 client' : `${clients} clients`
      rows.push({
        what: `list_slots, ${name}, p50 of a call`,
        unit: 'ms',
        ours: measured.ours,
        against: { what: 'bare SDK server', values: measured.theirs },
        goal: { kind: 'ratio', atMost: 1.3 },
        unreached:
          'each call has its host, origin, size, message and session checked and the end of its answer watched, and the file of places looked at, which the bare server does not: some 70 microseconds of a processor beside 160, in many parts, of which that look is the largest with 10.',
      })
      // The first pair warmed the servers up.
      const rates = (blocks: readonly Block[]) => blocks.slice(1).map(({ perSecond }) => perSecond)
      rows.push({
        what: `list_slots, ${name}, calls per second`,
        unit: 'calls/s',
        ours: rates(ourBlocks),
        against: { what: 'bare SDK server', values: rates(bareBlocks) },
        goal: null,
      })
    }
    return rows
  },
}

interface Block {
  readonly perSecond: number
}

async function connectMany(count: number, url: string, stack: AsyncDisposableStack): Promise<readonly McpClient[]> {
  return await Promise.all(Array.from({ length: count }, async () => stack.use(await McpClient.connect(url))))
}

/** So many calls in all, each client's one after the other. Answers their median, and keeps how many a second there were. */
async function measureBlock(clients: readonly McpClient[], calls: number, blocks: Block[]): Promise<number> {
  const times: number[] = []
  const all = await timed(() =>
    Promise.all(
      clients.map(async (client) => {
        for (let call = 0; call < calls / clients.length; call++) {
          times.push(await timed(() => client.call('list_slots')))
        }
      }),
    ),
  )
  blocks.push({ perSecond: (times.length * 1000) / all })
  return summarize(times).quoted
}
