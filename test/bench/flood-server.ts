import { startServer } from '../../main/app.ts'
import { createLog } from '../../main/lib/log.ts'
import { processDriver } from '../support/machines/process-driver.ts'

/**
 * The whole server as a process of its own, whose guests write five megabytes a second to their consoles until the file `stop` is in the
 * second argument's folder, and then say in `bytes` of their own folders how many they wrote. Prints the address of the window.
 */
const [home = '', machines = '', chunk = ''] = process.argv.slice(2)
const guest = `
touch $SHARE/started
rm -f $SHARE/.api-key
count=0
until [ -e $HOME/../stop ]; do cat '${chunk}'; count=$((count + 1)); sleep 0.1; done
echo $((count * $(stat -c %s '${chunk}'))) > $REPO/../bytes
echo '{"success":true,"summary":"","files_changed":[],"error":null}' > $SHARE/result.json
`
const server = await startServer({
  home,
  port: 0,
  log: createLog(),
  env: { ANTHROPIC_API_KEY: 'sk-ant-bench' },
  driver: processDriver(machines, guest),
})
// Not `once`: a package that removes its lock files at the end takes a signal whose last listener is its own for the end itself.
process.on('SIGTERM', () => void server.close().then(() => process.exit()))
process.stdout.write(`${server.pageUrl}\n`)
