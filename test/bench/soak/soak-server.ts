import { startServer } from '../../../main/app.ts'
import { createLog } from '../../../main/lib/log.ts'

/**
 * The whole server as a process of its own, over the home folder that its first argument names, with this host's own virtual
 * machines. The second argument is the address of the API. Prints the URL of its MCP endpoint.
 */
const [home = '', api = ''] = process.argv.slice(2)
const server = await startServer({
  home,
  port: 0,
  log: createLog(),
  env: { ANTHROPIC_BASE_URL: api, ANTHROPIC_API_KEY: 'sk-ant-api-bench' },
})
// Not `once`: a package that removes its lock files at the end takes a signal whose last listener is its own for the end itself.
process.on('SIGTERM', () => void server.close().then(() => process.exit()))
// A terminal sends this to the whole group; when the server ends is for the benchmark to say.
process.on('SIGINT', () => undefined)
process.stdout.write(`${server.url}\n`)
