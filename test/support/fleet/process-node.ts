import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../main/core/failure.ts'
import { runNode } from '../../../main/fleet/node/run-node.ts'

/**
 * The program of a node with processes in place of machines: `process-node.ts ROOT VERB SEAT`. The guest is `ROOT/guest.sh`, and
 * `ROOT/times.json` has its times where they are not the usual ones.
 */
const [script = '', root = '', ...words] = process.argv.slice(1)
try {
  const guest = await readFile(join(root, 'guest.sh'), 'utf8').catch(() => 'exit 1')
  const times = await readFile(join(root, 'times.json'), 'utf8').then(JSON.parse, () => ({}))
  process.exitCode = await runNode(words, {
    root,
    driver: async () => (await import('../machines/process-driver.ts')).processDriver(join(root, 'run'), guest),
    self: [process.execPath, script, root],
    doctor: async () => true,
    times,
  })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
