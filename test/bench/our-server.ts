import { join } from 'node:path'
import { startServer } from '../../main/app.ts'
import { createLog } from '../../main/lib/log.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { guestThatCommits } from '../support/orchestrator.ts'

/**
 * The whole server as a process of its own, over the home folder that its argument names; only its machines are processes of
 * this host in place of virtual ones, and have their folders below the second argument. Prints the URL of its MCP endpoint and that of its window.
 */
const [home = '', machines = join(home, 'run')] = process.argv.slice(2)
const server = await startServer({
  home,
  port: 0,
  log: createLog(),
  env: { ANTHROPIC_API_KEY: 'sk-ant-bench' },
  driver: processDriver(machines, guestThatCommits('hello-$(basename "$HOME").txt')),
})
// Not `once`: a package that removes its lock files at the end takes a signal whose last listener is its own for the end itself.
process.on('SIGTERM', () => void server.close().then(() => process.exit()))
process.stdout.write(`${server.url} ${server.pageUrl}\n`)
