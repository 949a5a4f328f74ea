import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Server, startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { gitIn, makeRepository } from './git/repositories.ts'
import { processDriver } from './machines/process-driver.ts'
import { successJson } from './orchestrator.ts'
import { temporaryFolder } from './temporary.ts'

const guest = `
touch $SHARE/started
cd $REPO
echo done > done.txt; git add -A; git commit -qm "Do it"
echo '${successJson}' > $SHARE/result.json
`

/** A server with nothing registered, beside a clone named `shop` of a Node project without a flake; every agent commits `Do it`. */
export async function besideNodeProject(): Promise<{ home: string; clone: string; server: Server }> {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'settings.json'), '{"minFreeGiB":0}')
  const driver = processDriver(join(folder, 'run'), guest)
  const env = { ANTHROPIC_API_KEY: 'sk-ant-api-serving' }
  const server = await startServer({ home, port: 0, log: silentLog, env, driver })
  onTestFinished(() => server.close())
  const files = { 'package.json': '{"engines":{"node":">=22"}}', 'package-lock.json': '{}', 'index.js': '' }
  await makeRepository(join(folder, 'upstream'), { flake: null, files })
  const clone = join(folder, 'shop')
  await gitIn(folder, ['clone', '--quiet', 'upstream', clone])
  return { home, clone, server }
}
