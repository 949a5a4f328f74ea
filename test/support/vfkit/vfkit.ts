import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseCommandLine, usage } from './command-line.ts'
import { type QemuMachine, startQemuMachine } from './qemu-machine.ts'
import { serveRestApi } from './rest-api.ts'

/**
 * vfkit 0.6.4 for hosts that are no Mac: its command line, its REST API, its signals and exit statuses, over QEMU. Whatever it does
 * not understand ends it with status 1, as it does vfkit.
 */
async function main(args: readonly string[]): Promise<number> {
  // Written before the devices are looked at, so that it is there whatever they are.
  const pidFile = args[args.indexOf('--pidfile') + 1]
  if (args.includes('--pidfile') && pidFile) writeFileSync(pidFile, String(process.pid), { mode: 0o600 })
  const configuration = parseCommandLine(args)
  if (configuration.devices.some(({ kind }) => kind === 'rosetta')) throw new Error('rosetta is not installed')
  say(`virtual machine parameters: vCPUs ${configuration.cpus}, memory ${configuration.memoryMiB} MiB`)

  let machine: QemuMachine | undefined
  const change = async (state: 'Pause' | 'Resume' | 'Stop' | 'HardStop'): Promise<void> => {
    const current = await stateOf(machine)
    const fits = { Pause: ['Running'], Resume: ['Paused'], Stop: ['Running'], HardStop: ['Running', 'Paused'] }[state]
    if (machine === undefined || !fits.includes(current)) {
      throw new Error(`Error Domain=VZErrorDomain Code=3: Invalid virtual machine state transition from ${current}.`)
    }
    const command = { Pause: 'stop', Resume: 'cont', Stop: 'system_powerdown', HardStop: 'quit' }[state]
    await machine.qmp.execute(command, AbortSignal.timeout(3_000))
  }
  const { restSocket } = configuration
  if (restSocket !== undefined) {
    process.once('exit', () => rmSync(restSocket, { force: true }))
    await serveRestApi(restSocket, configuration, { state: () => stateOf(machine), change })
  }
  machine = await startQemuMachine(configuration, AbortSignal.timeout(60_000))
  const { ended } = machine
  say('virtual machine is running')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const time = new Date().toISOString().replace(/-/g, '/').replace('T', ' ').slice(0, 19)
      process.stderr.write(`${time} captured ${signal}, calling exit handlers and exiting..\n`)
      void change('Stop')
        .catch(() => undefined)
        .then(() => Promise.race([ended, sleep(5_000)]))
        .then(() => change('HardStop'))
        .catch(() => undefined)
    })
  }
  await ended
  say('VM is stopped')
  return 0
}

async function stateOf(machine: QemuMachine | undefined): Promise<string> {
  if (machine === undefined) return 'Starting'
  const status = await machine.status()
  return status === 'running' ? 'Running' : status === 'paused' ? 'Paused' : 'Stopping'
}

const say = (message: string): void =>
  void process.stderr.write(`time="${new Date().toISOString()}" level=info msg=${JSON.stringify(message)}\n`)

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    // Once by its command line library, which adds its usage, and once more by itself.
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`Error: ${message}\n${usage}\n${message}\n`)
    process.exit(1)
  },
)
