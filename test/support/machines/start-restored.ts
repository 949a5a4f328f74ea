import { silentLog } from '../../../main/lib/log.ts'
import { restoringDriver } from './scripted-guest.ts'

/**
 * A process that restores the machine told by its arguments, image and specification, prints its handle, and waits to be killed. With a third
 * argument it prints that one first.
 */
const [image = '', spec = '', first] = process.argv.slice(2)
if (first !== undefined) process.stdout.write(`${first}\n`)
const machine = await restoringDriver(JSON.parse(image), silentLog).start(
  JSON.parse(spec),
  AbortSignal.timeout(120_000),
)
process.stdout.write(`${JSON.stringify(machine.handle)}\n`)
await machine.exited
