import { once } from 'node:events'
import { createConnection } from 'node:net'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { Command } from '../command.ts'
import type { Forward, Machine, MachineSpec } from '../driver.ts'
import { forwardTarget } from '../forward.ts'
import { findGateway, gatewayCommand, gatewaySockets } from '../gateway-program.ts'
import type { GuestImage } from '../guest-image.ts'
import { endProcess, type HelperOptions, type HelperProcess, startHelper } from '../helper-process.ts'
import { required } from '../host/required.ts'
import { recordPath } from '../record.ts'
import { makeRunDirectory, type RunDirectory, removeRunDirectory } from '../run-directory.ts'
import { ClockLine } from '../watch/clock-line.ts'
import { prepareConsole, setConsoleAside } from '../watch/console.ts'
import { readyMs, untilReady } from '../watch/until-ready.ts'
import { watchMachine } from '../watch/watch-machine.ts'
import { vfkitArguments } from './arguments.ts'
import type { MacHost } from './host.ts'
import { vfkitHypervisor } from './hypervisor.ts'
import { relayCommand } from './relay.ts'
import { vfkitControl } from './rest.ts'
import { rosettaRuns } from './rosetta.ts'

export interface StartParts {
  readonly host: MacHost
  readonly image: GuestImage
  readonly log: Log
}

/** Starts the relays, then vfkit. When it throws, nothing of the machine is left: no process, no socket, no folder. */
export async function startMachine(spec: MachineSpec, parts: StartParts, signal: AbortSignal): Promise<Machine> {
  const { host, image, log } = parts
  const vfkit = required(image.tools?.vfkit ?? host.vfkit, 'vfkit')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])

  await using undo = new AsyncDisposableStack()
  const run = await makeRunDirectory(spec.name, caller())
  undo.defer(() => removeRunDirectory(run.path))
  await writeJsonAtomically(recordPath(run.path), { owner: spec.owner, consolePath: spec.consolePath })
  const relays = spec.network.forwards.map((forward) => relayOf(forward, run))
  const command = vfkitArguments({
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    kernel: image.kernel,
    initrd: image.initrd,
    kernelParameters: image.kernelParameters,
    root: image.root,
    volumes: spec.volumes,
    shares: spec.shares,
    console: spec.consolePath,
    mac: spec.network.egress === 'open' ? spec.network.mac : undefined,
    relays,
    gatewaySocket: spec.network.gateway && gatewaySockets(run).socket,
    clockSocket: run.clockSocket,
    attachSocket: run.attachSocket,
    rosettaTag: host.rosetta && rosettaRuns(image.kernelVersion, host.macos) ? image.rosettaTag : undefined,
    controlSocket: run.controlSocket,
    pidFile: `${run.path}/vfkit.pid`,
  })

  const started = async (name: string, program: Command, options?: HelperOptions): Promise<HelperProcess> => {
    const helper = await startHelper(name, program, run.log(name), options)
    undo.defer(() => endProcess(helper.handle))
    return helper
  }
  const helpers: HelperProcess[] = []
  for (const { port, socket, target } of relays) {
    const socat = required(image.tools?.socat ?? host.socat, 'socat, which forwards single addresses of this host,')
    const relay = await started(`forward-${port}`, relayCommand(socat, socket, target))
    helpers.push(relay)
    await untilReady(relay, run, async () => (await pathExists(socket)) || undefined, limit)
  }

  const { gateway } = spec.network
  if (gateway) {
    await prepareConsole(gateway.logPath, caller())
    const program = gatewayCommand(gatewaySockets(run), { ...(await findGateway()), log: gateway.logPath })
    const process = await started('gateway', program, { input: JSON.stringify(gateway.config) })
    helpers.push(process)
    await untilReady(process, run, async () => (await pathExists(gatewaySockets(run).socket)) || undefined, limit)
  }

  await setConsoleAside(spec.consolePath) // vfkit begins by emptying it.
  await prepareConsole(spec.consolePath, caller())
  // The gateway ends when vfkit does, which holds the connection and knows nothing of it.
  const lifeline = gateway && createConnection(gatewaySockets(run).lifeline)
  if (lifeline) await once(lifeline, 'connect', { signal: limit })
  const holding = lifeline ? { holds: lifeline } : {}
  const hypervisor = await started('vfkit', [vfkit, ...command], holding).finally(() => lifeline?.destroy())
  const control = vfkitControl(run.controlSocket)
  const isRunning = async () => (await control.state(limit)).state === 'VirtualMachineStateRunning' || undefined
  await untilReady(hypervisor, run, isRunning, limit)
  signal.throwIfAborted()

  undo.move()
  const { pid, startTime } = hypervisor.handle
  const handle = {
    ...({ driver: 'vfkit', pid, startTime, controlSocket: run.controlSocket, runDirectory: run.path } as const),
    helpers: helpers.map((helper) => helper.handle),
    image: image.key,
  }
  const { consolePath } = spec
  const watched = vfkitHypervisor({ control, clock: new ClockLine(run.clockSocket) }, consolePath)
  return watchMachine({ handle, consolePath, hasLine: true, ended: hypervisor.ended, hypervisor: watched, log })
}

/** @throws AppError('argument-invalid') */
const relayOf = (forward: Forward, { io }: RunDirectory) => ({
  port: forward.port,
  socket: `${io}/forward-${forward.port}.sock`,
  target: forwardTarget(forward),
})

/** On a Mac everything runs as the user. */
const caller = () => ({ kind: 'caller', uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }) as const
