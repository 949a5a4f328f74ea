import { access, chmod, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/failure.ts'
import { writeJsonAtomically } from '../../lib/atomic-file.ts'
import { endAll, findDetached } from '../../lib/find-processes.ts'
import type { Log } from '../../lib/log.ts'
import type { Command } from '../command.ts'
import { prepareConsole } from '../console.ts'
import type { Machine, MachineSpec } from '../driver.ts'
import type { GuestImage } from '../guest-image.ts'
import { endProcess, type HelperProcess, lastLines, startHelper } from '../helper-process.ts'
import { recordPath } from '../record.ts'
import { makeRunDirectory, type RunDirectory, removeRunDirectory } from '../run-directory.ts'
import { watchMachine } from '../watch-machine.ts'
import { type Acceleration, qemuArguments } from './arguments.ts'
import { ClockLine } from './clock-line.ts'
import { Confinement } from './confine.ts'
import { gatewaySockets, startGateway } from './gateway.ts'
import { type QemuHost, required } from './host.ts'
import { qemuHypervisor, ShutdownWitness } from './hypervisor.ts'
import { planNetwork } from './network.ts'
import { startOpenNetwork } from './open-network.ts'
import { connectQmp, type Qmp } from './qmp.ts'
import { shareSocket, startVirtiofsd } from './virtiofsd.ts'

/** Helpers and QEMU's control socket are there within a fraction of a second; on a crowded host within seconds. */
const readyMs = 30_000

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
    await endAll(await findDetached(`${run.path}/`), AbortSignal.timeout(readyMs))
    await removeRunDirectory(run.path)
  })
  await writeJsonAtomically(recordPath(run.path), { owner: spec.owner, consolePath: spec.consolePath })
  const started = async (process: Promise<HelperProcess>): Promise<HelperProcess> => {
    const helper = await process
    undo.defer(() => endProcess(helper.handle))
    return helper
  }

  const network = planNetwork(spec.network, {
    socat: spec.network.forwards.length > 0 || spec.network.gateway ? required(host.socat, 'socat') : '',
    passtSocket: `${run.io}/passt.sock`,
    gateway: spec.network.gateway && gatewaySockets(run),
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
  if (spec.network.gateway) {
    sockets.set(await started(startGateway(spec.network.gateway, { run, user })), gatewaySockets(run).socket)
  }
  for (const [helper, socket] of sockets) await helperReady(helper, socket, run, limit)

  await prepareConsole(spec.consolePath, user)
  if (user.kind === 'dropped') for (const path of [image.kernel, image.initrd, image.root]) await makeReadable(path)
  const confinement = new Confinement(user, run.mounts('qemu'))
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
    network,
  }
  const facts = { architecture: host.architecture, version: qemu.version, acceleration }
  const command: Command = [qemu.path, ...qemuArguments(machine, facts)]
  const hypervisor = await started(startHelper('qemu', confinement.command(command), run.log('qemu')))
  const witness = new ShutdownWitness()
  const qmp = await controlOf(hypervisor, run, witness, limit)
  const clock = new ClockLine(run.clockSocket)
  await clock.open(limit)
  signal.throwIfAborted()

  undo.move()
  const { pid, startTime } = hypervisor.handle
  const handle = {
    ...({ driver: 'qemu', pid, startTime, controlSocket: run.controlSocket, runDirectory: run.path } as const),
    helpers: [...sockets.keys()].map((helper) => helper.handle),
  }
  const { consolePath } = spec
  const watched = qemuHypervisor({ qmp, clock, witness }, consolePath)
  return watchMachine({ handle, consolePath, ended: hypervisor.ended, hypervisor: watched, log })
}

/** Resolves when the helper's socket exists. Throws AppError('boot-failed') with its last words when it ends before. */
async function helperReady(
  helper: HelperProcess,
  socket: string,
  run: RunDirectory,
  signal: AbortSignal,
): Promise<void> {
  const ended = helper.ended.then(() => true)
  for (;;) {
    if (await exists(socket)) return
    if (await Promise.race([ended, sleep(10, false)])) throw await bootFailure(helper, run)
    if (signal.aborted) throw await abortError(helper, run, signal)
  }
}

/** A connection to QEMU's control socket. Throws AppError('boot-failed') with QEMU's last words when it ends before. */
async function controlOf(
  hypervisor: HelperProcess,
  run: RunDirectory,
  witness: ShutdownWitness,
  signal: AbortSignal,
): Promise<Qmp> {
  const ended = hypervisor.ended.then(() => true)
  for (;;) {
    try {
      return await connectQmp(run.controlSocket, witness.onEvent, signal)
    } catch (error) {
      if (await Promise.race([ended, sleep(20, false)])) throw await bootFailure(hypervisor, run, error)
      if (signal.aborted) throw await abortError(hypervisor, run, signal)
    }
  }
}

async function bootFailure({ handle, ended }: HelperProcess, run: RunDirectory, cause?: unknown): Promise<AppError> {
  const { exitCode, signal } = await ended
  const words = await lastLines(run.log(handle.name))
  const how = signal === null ? `with status ${exitCode}` : `by ${signal}`
  return new AppError('boot-failed', `${handle.name} ended ${how} while the machine started${words && `: ${words}`}`, {
    hint: 'Run: microvm-orchestrator doctor',
    cause,
  })
}

async function abortError({ handle }: HelperProcess, run: RunDirectory, signal: AbortSignal): Promise<unknown> {
  if (!(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError')) return signal.reason
  const words = await lastLines(run.log(handle.name))
  return new AppError(
    'boot-failed',
    `${handle.name} was not ready within ${readyMs / 1000} s${words && `: ${words}`}`,
    {
      hint: 'The host may be overloaded: try again with fewer tasks at once',
      cause: signal.reason,
    },
  )
}

/** A root whose umask is strict makes images that no helper could read. */
async function makeReadable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o444) !== 0o444) await chmod(path, (mode & 0o777) | 0o444)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
