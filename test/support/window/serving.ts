import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startServer } from '../../../main/app.ts'
import { silentLog } from '../../../main/lib/log.ts'
import type { MachineSpec } from '../../../main/machines/driver.ts'
import { processDriver } from '../machines/process-driver.ts'
import { stopMachines } from '../machines/stop-machines.ts'
import { registeredRepository } from '../orchestrator.ts'
import { temporaryFolder } from '../temporary.ts'

/**
 * The whole server in this process, as `serve` starts it, with a repository `project`; its machines are processes of this host, and
 * `started` holds what was asked of each. It ends, its tasks with it, when the test is over.
 */
export async function startServing(guest: string) {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), JSON.stringify({ minFreeGiB: 0 }))
  const repoPath = await registeredRepository(folder)
  const started: MachineSpec[] = []
  const driver = processDriver(join(folder, 'run'), guest)
  const start = () =>
    startServer({
      home,
      port: 0,
      log: silentLog,
      env: { ANTHROPIC_API_KEY: 'sk-ant-api-serving' },
      driver: {
        ...driver,
        start: (spec, signal) => {
          started.push(spec)
          return driver.start(spec, signal)
        },
      },
    })
  const server = await start()
  onTestFinished(async () => {
    await server.close()
    await stopMachines(home, AbortSignal.timeout(5_000))
  })
  return { folder, home, repoPath, server, started }
}
