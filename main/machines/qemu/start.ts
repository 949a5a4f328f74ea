import { basename, dirname, join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { Machine, MachineSpec } from '../driver.ts'
import { gatewaySockets } from '../gateway-program.ts'
import type { GuestImage } from '../guest-image.ts'
import type { HelperProcess } from '../helper-process.ts'
import { required } from '../host/required.ts'
import { ClockLine } from '../watch/clock-line.ts'
import { readyMs, untilReady } from '../watch/until-ready.ts'
import { watchMachine } from '../watch/watch-machine.ts'
import type { Acceleration } from './arguments.ts'
import { Confinement } from './confine.ts'
import type { QemuHost } from './host.ts'
import { qemuHypervisor } from './hypervisor.ts'
import { hardwareOf, launchQemu } from './launch-qemu.ts'
import { planNetwork } from './network.ts'
import { startOpenNetwork } from './open-network.ts'
import { startGateway } from './start-gateway.ts'
import { StartedRun } from './started-run.ts'
import { launchRestored } from './template/launch-restored.ts'
import { TemplateCopy } from './template/template-copy.ts'
import type { Template } from './template/template-folder.ts'
import { shareSocket, startVirtiofsd } from './virtiofsd.ts'

export interface StartParts {
  readonly host: QemuHost
  readonly image: GuestImage
  readonly acceleration: Acceleration
  /** Left out: the machine is booted. */
  readonly template?: Template
  readonly log: Log
}

/** That a machine could not be restored; the same one can still be booted. */
export class RestoreError extends Error {}

/** Starts helpers, then QEMU. When it throws, nothing of the machine is left: no process, no socket, no folder. */
export async function startMachine(spec: MachineSpec, parts: StartParts, signal: AbortSignal): Promise<Machine> {
  const { host, image, acceleration, template, log } = parts
  const user = required(host.user, 'The system user that runs virtual machines')
  const qemu = required(host.qemu, 'QEMU')
  const limit = AbortSignal.any([signal, AbortSignal.timeout(readyMs)])

  await using started = await StartedRun.make(spec, user)
  const { run } = started
  await using copy = template && new TemplateCopy(template, spec.memoryMiB, { started, user, qemu }, limit)
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
    sockets.set(await started.started(startVirtiofsd(share, { run, user, tool })), shareSocket(run, share.tag))
  }
  if (network.passtSocket !== undefined) {
    const { privateNetworks = false } = spec.network
    const passt = startOpenNetwork(network.passtSocket, { run, user, host, privateNetworks })
    sockets.set(await started.started(passt), network.passtSocket)
  }
  if (gateway) {
    sockets.set(await started.started(startGateway(gateway, { run, user })), gatewaySockets(run).socket)
  }
  for (const [helper, socket] of sockets) {
    await untilReady(helper, run, async () => (await pathExists(socket)) || undefined, limit)
  }

  const machine = {
    ...(await hardwareOf(spec, { image, run, user, confinement })),
    shares: spec.shares.map(({ tag }) => ({ tag, socket: shareSocket(run, tag) })),
    network,
    ...(template && { template: { role: 'restored' as const, restoreSocket: run.restoreSocket } }),
  }
  const facts = { architecture: host.architecture, version: qemu.version, acceleration }
  const launch = { user, confinement, qemu, facts }
  const {
    process: hypervisor,
    qmp,
    witness,
  } = copy
    ? await launchRestored(copy, machine, started, launch, limit).catch(restoreFailed)
    : await launchQemu(machine, started, launch, limit)
  const clock = new ClockLine(run.clockSocket)
  await clock.open(limit)
  signal.throwIfAborted()

  started.keep()
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

function restoreFailed(cause: unknown): never {
  throw new RestoreError(`A machine cannot be restored: ${String(cause)}`, { cause })
}
