import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { newForge } from '../../../main/integrations/requests/new-forge.ts'
import { readStatement } from '../../../main/integrations/statements/read-statement.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { Watchable } from '../../../main/lib/watchable.ts'
import { SettingsStore } from '../../../main/settings/settings-store.ts'
import { createWindowService } from '../../../main/window/service.ts'
import type { ClientRow, Delta } from '../../../preload/live-state.ts'
import { startOrchestrator } from '../orchestrator.ts'
import { temporaryFolder } from '../temporary.ts'
import { until } from '../until.ts'

export const windowKey = 'sk-ant-api-window-key'

/** The window's service over the real orchestrator, whose machines are processes of this host; gone when the test is over. */
export async function startWindowService({ guest = 'touch $SHARE/started; sleep 600' }: { guest?: string } = {}) {
  const root = await temporaryFolder()
  await mkdir(join(root, 'home'), { mode: 0o700 })
  const started = await startOrchestrator({ root, guest, queue: true })
  const clients = new Watchable<readonly ClientRow[]>([])
  const { home, orchestrator: tasks } = started
  const settings = SettingsStore.open(home, silentLog)
  const service = createWindowService({
    tasks,
    home,
    settings,
    env: { ANTHROPIC_API_KEY: windowKey },
    log: silentLog,
    mcpUrl: () => 'http://127.0.0.1:8765/mcp',
    mcpToken: null,
    openPreview: async () => 'http://localhost/',
    statementOf: readStatement,
    newForge: async (alias, wish) => (await newForge(home, alias, wish)).forge,
    clients,
    hostProblems: async () => [{ code: 'qemu-missing', message: 'QEMU is missing', cure: 'apt-get install qemu' }],
  })
  onTestFinished(async () => {
    service[Symbol.dispose]()
    settings[Symbol.dispose]()
    await tasks.stopAll()
    await started[Symbol.asyncDispose]()
  })
  return { root, home, tasks, clients, service }
}

/** What a window that listens was told, in order. */
export function listenTo(service: { listen(listener: (delta: Delta) => void): () => void }) {
  const deltas: Delta[] = []
  const stop = service.listen((delta) => deltas.push(delta))
  return {
    deltas,
    stop,
    /** Resolves with the first change that is so, of those told already too. */
    async change<Kind extends Delta['changes'][number]['kind']>(
      kind: Kind,
      isIt: (change: Extract<Delta['changes'][number], { kind: Kind }>) => boolean = () => true,
    ): Promise<Extract<Delta['changes'][number], { kind: Kind }>> {
      const find = () =>
        deltas
          .flatMap(({ changes }) => changes)
          .find(
            (change): change is Extract<typeof change, { kind: Kind }> =>
              change.kind === kind && isIt(change as Extract<typeof change, { kind: Kind }>),
          )
      await until(() => find() !== undefined)
      return find() as Extract<Delta['changes'][number], { kind: Kind }>
    },
  }
}
