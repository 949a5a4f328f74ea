import { isIP } from 'node:net'
import { AppError } from '../../core/failure.ts'
import type { Forward, MachineSpec } from '../driver.ts'

/** Where the guest finds what is forwarded to it; an address inside slirp, which nothing else answers. */
export const forwardAddress = '10.0.2.100'
/** Where it finds the gateway: an address of its own, so that every port is free for forwards. */
const gatewayAddress = { host: '10.0.2.101', port: 3128 } as const
export const gatewayUrl = `http://${gatewayAddress.host}:${gatewayAddress.port}`

const restrictedAddress = '10.0.2.15/24'
/** Of the block that RFC 5737 keeps for documentation, so that it hides no network the guest may want to reach. */
export const openNetwork = {
  address: '198.51.100.15',
  prefix: 24,
  gateway: '198.51.100.2',
  dns: '198.51.100.3',
} as const

/** One network card, in the order in which the guest numbers them. */
export interface NetworkCard {
  /** QEMU's `-netdev`, as JSON. */
  readonly backend: Readonly<Record<string, unknown>>
  readonly mac: string
  /** What the guest is told: `microvm.eth0=...`. */
  readonly kernelParameter: string
}

/** The sockets of a machine's gateway. */
export interface GatewaySockets {
  /** Takes the guest's connections. */
  readonly socket: string
  /** Whoever holds a connection to it keeps the gateway alive. */
  readonly lifeline: string
}

/** What the network of a machine needs beside QEMU: passt only where the internet is open. */
export interface NetworkPlan {
  readonly cards: readonly NetworkCard[]
  /** QEMU starts a program for every forwarded connection, so its sandbox must allow that. */
  readonly spawns: boolean
  readonly passtSocket: string | undefined
  /** What QEMU connects to and holds until it ends. */
  readonly lifeline: string | undefined
}

/**
 * `closed`: one card on a network where nothing answers but the forwards and the gateway.
 * `open`: a card on passt, which has the internet; with forwards or a gateway the closed card comes first.
 * Pure. Throws AppError('argument-invalid') for a forward that is not a host and a port.
 */
export function planNetwork(
  network: MachineSpec['network'],
  parts: { readonly socat: string; readonly passtSocket: string; readonly gateway: GatewaySockets | undefined },
): NetworkPlan {
  const open = network.egress === 'open'
  const cards: NetworkCard[] = []
  const forwards = [
    ...network.forwards.map((forward) => ({ str: guestForward(forward, parts.socat) })),
    ...(parts.gateway ? [{ str: gatewayForward(parts.gateway, parts.socat) }] : []),
  ]
  if (!open || forwards.length > 0) {
    cards.push({
      backend: {
        ...{ type: 'user', id: 'net0', restrict: true, ipv6: false },
        ...(forwards.length > 0 && { guestfwd: forwards }),
      },
      mac: network.mac,
      kernelParameter: `microvm.eth0=${restrictedAddress}`,
    })
  }
  if (open) {
    const { address, prefix, gateway, dns } = openNetwork
    cards.push({
      backend: { type: 'stream', id: 'net1', server: false, addr: { type: 'unix', path: parts.passtSocket } },
      mac: siblingMac(network.mac),
      kernelParameter: `microvm.eth${cards.length}=${address}/${prefix},${gateway},${dns}`,
    })
  }
  return {
    cards,
    spawns: forwards.length > 0,
    passtSocket: open ? parts.passtSocket : undefined,
    lifeline: parts.gateway?.lifeline,
  }
}

const hostNamePattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i

function guestForward({ host, port }: Forward, socat: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const valid = (isIP(bare) !== 0 && !bare.includes('%')) || hostNamePattern.test(bare)
  if (!valid || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AppError('argument-invalid', `'${host}:${port}' cannot be forwarded to a guest`)
  }
  const target = isIP(bare) === 6 ? `TCP6:[${bare}]:${port}` : `TCP:${bare}:${port}`
  return `tcp:${forwardAddress}:${port}-cmd:${socat} STDIO ${target}`
}

/** One that has said all it had to say waits for the rest of the answer as long as the gateway does. */
function gatewayForward({ socket }: GatewaySockets, socat: string): string {
  // QEMU cuts the command at spaces, socat its addresses at commas and colons.
  if (!/^[\w./-]+$/.test(socket)) {
    throw new AppError('boot-failed', `The path ${socket} cannot be given to socat`, {
      hint: 'Set XDG_RUNTIME_DIR to a path of letters, digits, dots and hyphens',
    })
  }
  return `tcp:${gatewayAddress.host}:${gatewayAddress.port}-cmd:${socat} -t 60 STDIO UNIX-CONNECT:${socket}`
}

/** A second address for the second card: one bit of the last byte but two is turned over. */
function siblingMac(mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16))
  return bytes.map((byte, index) => (index === 3 ? byte ^ 0x80 : byte).toString(16).padStart(2, '0')).join(':')
}
