import { bareDriver, type DriverName } from './bare-machine.ts'

/** A process that starts the machine told by its arguments, driver and specification, prints its handle, and waits to be killed. */
const [name = '', spec = ''] = process.argv.slice(2)
const machine = await bareDriver(name as DriverName).start(JSON.parse(spec), AbortSignal.timeout(60_000))
process.stdout.write(`${JSON.stringify(machine.handle)}\n`)
await machine.exited
