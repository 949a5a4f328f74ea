import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { slotCount } from '../../../main/core/task/task.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { McpClient } from '../mcp-client.ts'
import { type Bench, timed } from '../measure.ts'
import { startServerProcess } from '../server-process.ts'

export const acknowledge: Bench = {
  name: 'acknowledge',
  about: 'run_task by ten clients at once, until the answer with the task id',
  async measure(context) {
    const { folder, quick, stack, say, signal } = context
    const home = join(folder, 'home')
    await mkdir(home, { mode: 0o700 })
    // Ten guests must be admitted on any host; these are processes and take none of it.
    await writeFile(join(home, 'settings.json'), JSON.stringify({ memoryMiB: 1024 }))
    const aliases = ['one', 'two']
    for (const alias of aliases) {
      const path = join(folder, alias)
      await makeRepository(path)
      await registerRepository(home, { path, alias })
    }
    const url = await startServerProcess('our-server.ts', [home], context)
    const clients = await Promise.all(
      Array.from({ length: slotCount }, async () => stack.use(await McpClient.connect(url))),
    )
    const times: number[] = []
    const rounds = quick ? 3 : 6
    say(`${rounds} rounds of ${slotCount} tasks at once`)
    for (let round = 0; round <= rounds; round++) {
      const measured = await Promise.all(
        clients.map((client, index) => {
          const repo = aliases[index % aliases.length]
          return timed(() => client.call('run_task', { repo, description: `Round ${round}, task ${index}` }))
        }),
      )
      if (round > 0) times.push(...measured) // The first round warmed the server up.
      for (const client of clients) await untilFree(client, signal)
    }
    return [
      {
        what: `run_task acknowledged, ${slotCount} at once`,
        unit: 'ms',
        ours: times,
        quote: 'p95',
        against: null,
        goal: { kind: 'limit', atMost: 50 },
        unreached:
          'each answer waits for its record on disk, and on a busy host the starts of git for the first clones take the processors from the last answers. Clones begin only when no call is being answered.',
        notes: [
          'Real HTTP, server, git and files; the machines are processes. The clones of the first tasks run while the last are answered.',
        ],
      },
    ]
  },
}

async function untilFree(client: McpClient, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { active } = (await client.call('list_slots')) as { readonly active: readonly unknown[] }
    if (active.length === 0) return
    await sleep(50, undefined, { signal })
  }
}
