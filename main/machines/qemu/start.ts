import { chmod, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import { endAll, findDetached } from '../../lib/processes/find-processes.ts'
import type { Command } from '../command.ts'
import type { Machine, MachineSpec } from '../driver.ts'
import { gatewaySockets } from '../gateway-program.ts'
import type { GuestImage } from '../guest-image.ts'
import { endProcess, type HelperProcess, startHelper } from '../helper-process.ts'
import { machineUsers } from '../helper-user.ts'
import { required } from '../host/required.ts'
import { recordPath } from '../record.ts'
import { makeRunDirectory, removeRunDirectory } from '../run-directory.ts'
import { ClockLine } from '../watch/clock-line.ts'
import { prepareConsole } from '../watch/console.ts'
import { readyMs, untilReady } from '../watch/until-ready.ts'
import { watchMachine } from '../watch/watch-machine.ts'
import { type Acceleration, qemuArguments } from './arguments.ts'
import { Confinement } from './confine.ts'
import type { QemuHost } from './host.ts'
import { qemuHypervisor, ShutdownWitness } from './hypervisor.ts'
import { planNetwork } from './network.ts'
import { startOpenNetwork } from './open-network.ts'
import { connectQmp } from './qmp.ts'
import { startGateway } from './start-gateway.ts'
import { shareSocket, startVirtiofsd } from './virtiofsd.ts'

export interface StartParts {
  readonly host: QemuHost
  readonly image: GuestImage
  readonly acceleration: Acceleration
  readonly log: Log
}

/** Starts helpers, then QEMU. When it throws, nothing of the machine is left: no process, no socket, no folder. */
export async function startMachine(spec: MachineSpec, parts: StartParts, signal: AbortSignal): Promise<Machine> {
  const { host, image, acceleration, log } = parts
  const user = required(host.user, 'The system user that runs virtual machines')
  const qemu = required(host.qemu, 'QEMU')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])

  await using undo = new AsyncDisposableStack()
  const run = await makeRunDirectory(spec.name, user)
  undo.defer(async () => {
    // A pasta that cannot set up its network leaves a child behind.
    await endAll(await findDetached(`${run.path}/`, undefined, await machineUsers()), AbortSignal.timeout(readyMs))
    await removeRunDirectory(run.path)
  })
  await writeJsonAtomically(recordPath(run.path), { owner: spec.owner, consolePath: spec.consolePath })
  const started = async (process: Promise<HelperProcess>): Promise<HelperProcess> => {
    const helper = await process
    undo.defer(() => endProcess(helper.handle))
    return helper
  }

  const confinement = new Confinement(user, run.mounts('qemu'))
  const { gateway, gatewaySocket } = spec.network
  // Its folder and not itself: whoever listens there may make it anew.
  const elsewhere =
    gatewaySocket === undefined
      ? undefined
      : { socket: join(await confinement.expose(dirname(gatewaySocket)), basename(gatewaySocket)) }
  const network = planNetwork(spec.network, {
    socat: spec.network.forwards.length > 0 || gateway || elsewhere ? required(host.socat, 'socat') : '',
    passtSocket: `${run.io}/passt.sock`,
    gateway: elsewhere ?? (gateway && gatewaySockets(run)),
  })
  const sockets = new Map<HelperProcess, string>()
  for (const share of spec.shares) {
    const tool = required(host.virtiofsd, 'virtiofsd 1.13')
    sockets.set(await started(startVirtiofsd(share, { run, user, tool })), shareSocket(run, share.tag))
  }
  if (network.passtSocket !== undefined) {
    const { privateNetworks = false } = spec.network
    const passt = startOpenNetwork(network.passtSocket, { run, user, host, privateNetworks })
    sockets.set(await started(passt), network.passtSocket)
  }
  if (gateway) {
    sockets.set(await started(startGateway(gateway, { run, user })), gatewaySockets(run).socket)
  }
  for (const [helper, socket] of sockets) {
    await untilReady(helper, run, async () => (await pathExists(socket)) || undefined, limit)
  }

  await prepareConsole(spec.consolePath, user)
  if (user.kind === 'dropped') for (const path of [image.kernel, image.initrd, image.root]) await makeReadable(path)
  const machine = {
    cpus: spec.cpus,
    memoryMiB: spec.memoryMiB,
    kernel: await confinement.expose(image.kernel),
    initrd: await confinement.expose(image.initrd),
    kernelParameters: image.kernelParameters,
    root: await confinement.expose(image.root),
    volumes: await Promise.all(
      spec.volumes.map(async ({ serial, path }) => ({ serial, path: await confinement.expose(path) })),
    ),
    shares: spec.shares.map(({ tag }) => ({ tag, socket: shareSocket(run, tag) })),
    console: await confinement.expose(spec.consolePath),
    controlSocket: run.controlSocket,
    clockSocket: run.clockSocket,
    attachSocket: run.attachSocket,
    network,
  }
  const facts = { architecture: host.architecture, version: qemu.version, acceleration }
  const command: Command = [qemu.path, ...qemuArguments(machine, facts)]
  const hypervisor = await started(startHelper('qemu', confinement.command(command), run.log('qemu')))
  const witness = new ShutdownWitness()
  const qmp = await untilReady(hypervisor, run, () => connectQmp(run.controlSocket, witness.onEvent, limit), limit)
  const clock = new ClockLine(run.clockSocket)
  await clock.open(limit)
  signal.throwIfAborted()

  undo.move()
  const { pid, startTime } = hypervisor.handle
  const handle = {
    ...({ driver: 'qemu', pid, startTime, controlSocket: run.controlSocket, runDirectory: run.path } as const),
    helpers: [...sockets.keys()].map((helper) => helper.handle),
    image: image.key,
  }
  const { consolePath } = spec
  const watched = qemuHypervisor({ qmp, clock, witness }, consolePath)
  return watchMachine({ handle, consolePath, hasLine: true, ended: hypervisor.ended, hypervisor: watched, log })
}

/** A root whose umask is strict makes images that no helper could read. */
async function makeReadable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o444) !== 0o444) await chmod(path, (mode & 0o777) | 0o444)
}
