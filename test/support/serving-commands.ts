import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import type { Settings } from '../../main/settings/settings.ts'
import { runCommand } from './command-line.ts'
import { processDriver } from './machines/process-driver.ts'
import { registeredRepository } from './orchestrator.ts'
import { temporaryFolder } from './temporary.ts'

/** The real server in this process, with machines that are processes of this host; the commands are processes of their own. */
export async function servingCommands(guest: string, settings: Partial<Settings> = {}) {
  const root = await temporaryFolder()
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  const repository = await registeredRepository(root)
  await writeFile(join(home, 'settings.json'), JSON.stringify(settings))
  const driver = processDriver(join(root, 'run'), guest)
  const env = { ANTHROPIC_API_KEY: 'sk-ant-api03-x' }
  const server = await startServer({ home, port: 0, log: silentLog, env, driver })
  return {
    root,
    repository,
    server,
    run: (...args: string[]) => runCommand(args, { home }),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
