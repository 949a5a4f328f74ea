import { bareDriver } from './bare-machine.ts'

/** A process that starts the machine told by its argument, prints its handle, and waits to be killed. */
const machine = await bareDriver().start(JSON.parse(process.argv[2] ?? ''), AbortSignal.timeout(60_000))
process.stdout.write(`${JSON.stringify(machine.handle)}\n`)
await machine.exited
