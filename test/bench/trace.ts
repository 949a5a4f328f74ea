/**
 * `npm run trace`: one whole task in a real virtual machine, real Claude Code, scripted model, and where each moment of it goes. Prints its parts, and writes
 * test/output/trace.json for https://ui.perfetto.dev or chrome://tracing. Installs what is missing, and builds the guest image.
 */
import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeTree } from '../../main/lib/files/remove-tree.ts'
import { prepareHost } from '../support/machines/prepare-host.ts'
import { startTimedServer, timeTask } from './timed-task.ts'
import { traceEvents } from './trace-events.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stop.abort(new Error('Stopped')))
const say = (line: string): void => void process.stderr.write(`${line}\n`)

await using stack = new AsyncDisposableStack()
const folder = await realpath(await mkdtemp(join(tmpdir(), 'microvm-trace-')))
stack.defer(() => removeTree(folder))
await prepareHost(say, stop.signal)
const server = await startTimedServer({ folder, stack })
say('A first task, which formats the disks of its slot')
await timeTask(server, 'project')
say('The task that is traced')
const task = await timeTask(server, 'project')
const width = Math.max(...[...task.parts.keys()].map((name) => name.length))
for (const [name, ms] of task.parts)
  process.stdout.write(`${name.padEnd(width)}  ${(ms / 1000).toFixed(2).padStart(7)} s\n`)
process.stdout.write(`${'all of it'.padEnd(width)}  ${(task.wallMs / 1000).toFixed(2).padStart(7)} s\n`)
const output = join(import.meta.dirname, '../output')
await mkdir(output, { recursive: true })
await writeFile(join(output, 'trace.json'), `${JSON.stringify(traceEvents(task))}\n`)
say(`Written: ${join(output, 'trace.json')}`)
