import { AppError } from '../../core/failure.ts'
import type { Share } from '../driver.ts'
import { gatewayAddress } from '../forward.ts'
import type { Hardware } from '../hardware.ts'

/** macOS takes 103 bytes and a final NUL. */
const socketPathLimit = 103

/** The vsock port at which the guest waits for the time; root's alone there. */
const clockPort = 123
/** The one at which it waits for who opens shells and reaches its ports; root's alone, too. */
const attachPort = 124

/** A way for the guest to one TCP address of the host: its connections to this vsock port go to this unix socket. */
interface Relay {
  readonly port: number
  readonly socket: string
}

/** The vsock port of the gateway: beyond those of forwards, which are TCP's. */
export const gatewayVsockPort = 100_000 + gatewayAddress.port

/** A machine as vfkit sees it. */
export interface VfkitMachine extends Hardware {
  readonly shares: readonly Share[]
  /** Of a card on the host's network; undefined for a guest that has none. */
  readonly mac: string | undefined
  readonly relays: readonly Relay[]
  /** Of the machine's gateway; undefined for a guest that has none. */
  readonly gatewaySocket: string | undefined
  /** Under which the guest mounts Rosetta; undefined where the host has it not. */
  readonly rosettaTag: string | undefined
  readonly pidFile: string
}

/**
 * vfkit's whole argument list, for version 0.6. Pure.
 * @throws AppError('boot-failed') for a path that its syntax has no way to write.
 */
export function vfkitArguments(machine: VfkitMachine): readonly string[] {
  const devices = [
    'virtio-rng',
    `virtio-serial,logFilePath=${devicePath(machine.console)}`,
    `virtio-blk,path=${devicePath(machine.root)},deviceId=root,readonly`,
    ...machine.volumes.map(({ serial, path }) => `virtio-blk,path=${devicePath(path)},deviceId=${serial}`),
    ...machine.shares.map(({ tag, directory }) => `virtio-fs,sharedDir=${devicePath(directory)},mountTag=${tag}`),
    ...(machine.mac === undefined ? [] : [`virtio-net,nat,mac=${machine.mac}`]),
    ...machine.relays.map(({ port, socket }) => `virtio-vsock,port=${port},socketURL=${socketPath(socket)},listen`),
    ...(machine.gatewaySocket === undefined
      ? []
      : [`virtio-vsock,port=${gatewayVsockPort},socketURL=${socketPath(machine.gatewaySocket)},listen`]),
    `virtio-vsock,port=${clockPort},socketURL=${socketPath(machine.clockSocket)},connect`,
    `virtio-vsock,port=${attachPort},socketURL=${socketPath(machine.attachSocket)},connect`,
    ...(machine.rosettaTag === undefined ? [] : [`rosetta,mountTag=${machine.rosettaTag}`]),
  ]
  return [
    ...['--cpus', String(machine.cpus), '--memory', String(machine.memoryMiB), '--log-level', 'info'],
    ...['--kernel', machine.kernel, '--initrd', machine.initrd, '--kernel-cmdline', commandLine(machine)],
    ...devices.flatMap((device) => ['--device', device]),
    ...['--restful-uri', `unix://${socketPath(machine.controlSocket)}`, '--pidfile', machine.pidFile],
  ]
}

/**
 * The guest finds its relays by their ports. A panic hangs, and the driver reads of it on the console: Apple's framework starts a
 * guest that resets itself again, which would run the task once more. The last word counts.
 */
function commandLine({ kernelParameters, relays, gatewaySocket }: VfkitMachine): string {
  const forwards = relays.length === 0 ? [] : [`microvm.forwards=${relays.map(({ port }) => port).join(',')}`]
  const gateway = gatewaySocket === undefined ? [] : [`microvm.gateway=${gatewayVsockPort}`]
  return [...kernelParameters, 'loglevel=1', 'panic=0', ...forwards, ...gateway].join(' ')
}

/** A device's options are parted by commas, with no way to quote one. */
function devicePath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (!/[,\x00-\x1f]/.test(path)) return path
  throw new AppError(
    'boot-failed',
    `vfkit cannot use ${JSON.stringify(path)}: its path holds a comma or a line break`,
    {
      hint: 'Rename that folder',
    },
  )
}

/** A socket's path is part of a URL and of a relay's arguments, each with signs of its own; the system limits its length. */
function socketPath(path: string): string {
  const hint = 'Set XDG_RUNTIME_DIR to a short path of plain letters and digits, or unset it'
  if (!/^[\w/.@+=~-]+$/.test(path)) {
    const why = `vfkit cannot have a socket at ${JSON.stringify(path)}: its path may hold no spaces and no signs like %`
    throw new AppError('boot-failed', why, { hint })
  }
  if (Buffer.byteLength(path) > socketPathLimit) {
    throw new AppError('boot-failed', `The path ${path} is too long for a socket`, { hint })
  }
  return path
}
