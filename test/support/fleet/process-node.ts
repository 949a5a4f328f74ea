import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../main/core/failure.ts'
import { runNode } from '../../../main/fleet/node/run-node.ts'

/**
 * The program of a node with processes in place of machines: `process-node.ts ROOT VERB SEAT`. The guest is `ROOT/guest.sh`, and
 * `ROOT/patience` says in milliseconds how long a seat that was given nothing waits.
 */
const [script = '', root = '', ...words] = process.argv.slice(1)
try {
  const guest = await readFile(join(root, 'guest.sh'), 'utf8').catch(() => 'exit 1')
  const patience = await readFile(join(root, 'patience'), 'utf8').then(Number, () => undefined)
  process.exitCode = await runNode(words, {
    root,
    driver: async () => (await import('../machines/process-driver.ts')).processDriver(join(root, 'run'), guest),
    self: [process.execPath, script, root],
    doctor: async () => true,
    ...(patience !== undefined && { patienceMs: patience }),
  })
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
}
