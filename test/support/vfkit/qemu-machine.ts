import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathExists } from '../../../main/lib/files/look.ts'
import { cacheDirectory } from '../../../main/lib/files/paths.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import type { Command } from '../../../main/machines/command.ts'
import { forwardAddress, gatewayAddress } from '../../../main/machines/forward.ts'
import type { HelperUser } from '../../../main/machines/helper-user.ts'
import { required } from '../../../main/machines/host/required.ts'
import { findAcceleration } from '../../../main/machines/qemu/acceleration.ts'
import { qemuArguments } from '../../../main/machines/qemu/arguments.ts'
import { Confinement } from '../../../main/machines/qemu/confine.ts'
import { hostArchitecture, inspectHost } from '../../../main/machines/qemu/host.ts'
import type { NetworkPlan } from '../../../main/machines/qemu/network.ts'
import { connectQmp, type Qmp } from '../../../main/machines/qemu/qmp.ts'
import { type FoundTool, toolCommand } from '../../../main/machines/qemu/tools.ts'
import { virtiofsdArguments } from '../../../main/machines/qemu/virtiofsd.ts'
import { gatewayVsockPort } from '../../../main/machines/vfkit/arguments.ts'
import { kernelArchitecture } from '../machines/guest-architecture.ts'
import type { Configuration, Device } from './command-line.ts'
import { vsockProxy } from './vsock-proxy.ts'

type DeviceOf<K extends Device['kind']> = Extract<Device, { kind: K }>

/** A machine under QEMU that behaves as one under Apple's framework does, as far as vfkit's users can see. */
export interface QemuMachine {
  readonly qmp: Qmp
  /** Its state as QEMU names it: running, paused, ... */
  status(): Promise<string>
  /** Resolves when QEMU is gone. */
  readonly ended: Promise<void>
}

/** Starts QEMU and its helpers in this process's own session; they end when it does, killed or not. */
export async function startQemuMachine(configuration: Configuration, signal: AbortSignal): Promise<QemuMachine> {
  const host = await inspectHost(cacheDirectory(), kernelArchitecture(configuration.kernel))
  const user = required(host.user, 'The system user that runs virtual machines')
  const qemu = required(host.qemu, 'QEMU')
  const folder = await ownFolder(configuration.pidFile)
  const io = join(folder, 'io')
  await mkdir(io, { mode: 0o700 })
  await own(io, user)

  const of = <K extends Device['kind']>(kind: K) =>
    configuration.devices.filter((device): device is DeviceOf<K> => device.kind === kind)
  const disks = of('virtioblk')
  const shares = of('virtiofs').map((device) => ({ ...device, socket: join(io, `${device.mountTag}.sock`) }))
  for (const { sharedDir } of shares) await own(sharedDir, user)
  for (const { imagePath, readOnly } of disks) if (!readOnly) await own(imagePath, user)
  const console = of('virtioserial')[0]?.logFile ?? join(io, 'console.log')
  await (await open(console, 'w', 0o600)).close()
  await own(console, user)

  const children: ChildProcess[] = []
  const start = ([file, ...args]: Command): ChildProcess => {
    const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    children.push(child)
    return child
  }
  for (const share of shares) {
    start(await virtiofsdCommand(share, user, required(host.virtiofsd, 'virtiofsd'), join(folder, share.mountTag)))
    while (!(await pathExists(share.socket))) await sleep(10, undefined, { signal })
  }
  const toHost = of('virtiosock').filter(({ listen }) => listen)
  for (const { port, socketURL } of toHost) {
    const path = join(io, `vsock-${port}.sock`)
    await vsockProxy(path, socketURL, 'near')
    await own(path, user)
  }

  const confinement = new Confinement(user, join(folder, 'qemu'))
  const expose = (path: string) => confinement.expose(path)
  const root = required(
    disks.find(({ readOnly }) => readOnly),
    'A disk that is only read',
  )
  const volumes = disks.filter((disk) => disk !== root)
  const machine = {
    cpus: configuration.cpus,
    memoryMiB: configuration.memoryMiB,
    kernel: await expose(configuration.kernel),
    initrd: await expose(configuration.initrd),
    kernelParameters: configuration.commandLine.split(' '),
    root: await expose(root.imagePath),
    volumes: await Promise.all(
      volumes.map(async ({ deviceIdentifier, imagePath }) => ({
        serial: deviceIdentifier as 'var',
        path: await expose(imagePath),
      })),
    ),
    shares: shares.map(({ mountTag, socket }) => ({ tag: mountTag as 'repo', socket })),
    console: await expose(console),
    controlSocket: join(io, 'qmp.sock'),
    clockSocket: join(io, 'clock.sock'),
    attachSocket: join(io, 'attach.sock'),
    network: planCards(of('virtionet'), toHost, host.socat ?? 'socat', io),
  }
  const probe = { qemu: qemu.path, architecture: host.architecture, user, kernel: configuration.kernel }
  const isForeign = host.architecture !== hostArchitecture()
  const acceleration = isForeign ? 'tcg' : await findAcceleration(probe, cacheDirectory(), signal)
  const args = likeApple(qemuArguments(machine, { ...host, version: qemu.version, acceleration }))
  const child = start(confinement.command(diesWithParent([qemu.path, ...args])))
  const ended = once(child, 'exit').then(async () => {
    for (const helper of children) if (helper.exitCode === null && helper.signalCode === null) helper.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  const qmp = await untilConnected(machine.controlSocket, ended, signal)
  // The guests of this host wait at serial ports, those of a Mac at vsock ports.
  const serialPorts: Readonly<Record<number, string>> = { 123: machine.clockSocket, 124: machine.attachSocket }
  for (const { port, socketURL } of of('virtiosock').filter(({ listen }) => !listen))
    await vsockProxy(
      socketURL,
      required(serialPorts[port], `A serial port in place of the vsock port ${port}`),
      'far',
      port === 124,
    )
  const status = async () =>
    ((await qmp.execute('query-status', AbortSignal.timeout(3_000))) as { status: string }).status
  return { qmp, status, ended }
}

/** Beside the pid file, in the machine's own run directory, which goes with the machine however that ends. */
async function ownFolder(pidFile: string | undefined): Promise<string> {
  if (pidFile === undefined) return await mkdtemp('/tmp/vfkit-')
  await chmod(dirname(pidFile), 0o711) // Of the folders above, it alone may be closed to the helpers' user.
  const folder = join(dirname(pidFile), 'vfkit')
  await mkdir(folder, { mode: 0o711 })
  return folder
}

/** The framework's console file is written at vfkit's own place in it, a guest that resets itself starts again, and panics are its own. */
function likeApple(args: readonly string[]): readonly string[] {
  const kept = args.filter((argument) => argument !== '-no-reboot' && !argument.includes('pvpanic'))
  const own = kept.filter((argument, index) => argument !== '-device' || kept[index + 1]?.startsWith('{'))
  return own.map((argument) =>
    argument.startsWith('file,id=console') ? argument.replace('append=on', 'append=off') : argument,
  )
}

/** SIGKILL of vfkit ends its machine; so does SIGKILL of this process. */
const diesWithParent = (command: Command): Command => ['setpriv', '--pdeathsig', 'KILL', ...command]

async function virtiofsdCommand(
  { sharedDir, socket }: { readonly sharedDir: string; readonly socket: string },
  user: HelperUser,
  tool: FoundTool,
  mounts: string,
): Promise<Command> {
  const confinement = new Confinement(user, mounts)
  const [file, ...args] = await toolCommand(tool, confinement)
  const directory = await confinement.expose(sharedDir)
  return confinement.command(diesWithParent([file, ...args, ...virtiofsdArguments(directory, socket, user)]))
}

/**
 * Here is no vsock, so the guest finds each port on a card that leads nowhere else, where a guest under vfkit finds it on its own
 * loopback. A card on the framework's NAT leads nowhere: no test has a network.
 */
function planCards(
  nets: readonly DeviceOf<'virtionet'>[],
  vsocks: readonly DeviceOf<'virtiosock'>[],
  socat: string,
  io: string,
): NetworkPlan {
  const forwards = vsocks.map(({ port }) => {
    const address =
      port === gatewayVsockPort ? `${gatewayAddress.host}:${gatewayAddress.port}` : `${forwardAddress}:${port}`
    return { str: `tcp:${address}-cmd:${socat} -t 60 -T 600 STDIO UNIX-CONNECT:${join(io, `vsock-${port}.sock`)}` }
  })
  const closed = { type: 'user', restrict: true, ipv6: false }
  const vsockCard = {
    backend: { ...closed, id: 'vsock', guestfwd: forwards },
    mac: '02:00:00:00:00:02',
    kernelParameter: 'microvm.eth0=10.0.2.15/24',
  }
  const cards = nets.map(({ macAddress }, index) => ({
    backend: { ...closed, id: `net${index}`, net: '192.168.64.0/24' },
    mac: macAddress,
    kernelParameter: `microvm.eth${index + (vsocks.length > 0 ? 1 : 0)}=192.168.64.15/24`,
  }))
  return {
    cards: [...(vsocks.length > 0 ? [vsockCard] : []), ...cards],
    spawns: vsocks.length > 0,
    passtSocket: undefined,
    lifeline: undefined,
  }
}

async function untilConnected(path: string, ended: Promise<void>, signal: AbortSignal): Promise<Qmp> {
  const gone = ended.then(() => true)
  for (;;) {
    try {
      return await connectQmp(path, () => undefined, signal)
    } catch (error) {
      if (await Promise.race([gone, sleep(20, false)])) throw new Error('QEMU ended at once', { cause: error })
      signal.throwIfAborted()
    }
  }
}

/** On a Mac all of it belongs to one user, and QEMU's helpers run as another one where this host's user is root. */
async function own(path: string, user: HelperUser): Promise<void> {
  if (user.kind === 'dropped') await runOrThrow('chown', ['-R', '-h', '-P', `${user.uid}:${user.gid}`, '--', path])
}
