import { AppError } from '../../core/failure.ts'
import type { Forward, MachineSpec } from '../driver.ts'
import { forwardAddress, forwardTarget, gatewayAddress } from '../forward.ts'
import type { GatewaySockets } from '../gateway-program.ts'

const restrictedAddress = '10.0.2.15/24'
/** Of the block that RFC 5737 keeps for documentation, so that it hides no network the guest may want to reach. */
export const openNetwork = {
  address: '198.51.100.15',
  prefix: 24,
  gateway: '198.51.100.2',
  dns: '198.51.100.3',
} as const

/** Of cards, the closed one first. */
export const cardIds = ['net0', 'net1'] as const

/** One network card, in the order in which the guest numbers them. */
interface NetworkCard {
  /** QEMU's `-netdev`, as JSON. */
  readonly backend: Readonly<Record<string, unknown>>
  readonly mac: string
  /** What the guest is given: `microvm.eth0=...`. */
  readonly kernelParameter: string
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

/** Of a machine that becomes a template: what is restored from it has its cards plugged in. */
export const noNetwork: NetworkPlan = { cards: [], spawns: false, passtSocket: undefined, lifeline: undefined }

/**
 * `closed`: one card on a network where nothing answers but the forwards and the gateway.
 * `open`: a card on passt, which has the internet; with forwards or a gateway the closed card comes first.
 * Pure. Throws AppError('argument-invalid') for a forward that is not a host and a port.
 */
export function planNetwork(
  network: MachineSpec['network'],
  parts: {
    readonly socat: string
    readonly passtSocket: string
    /** One that is elsewhere lives and ends without this machine. */
    readonly gateway: Pick<GatewaySockets, 'socket'> | GatewaySockets | undefined
  },
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
        ...{ type: 'user', id: cardIds[0], restrict: true, ipv6: false },
        ...(forwards.length > 0 && { guestfwd: forwards }),
      },
      mac: network.mac,
      kernelParameter: `microvm.eth0=${restrictedAddress}`,
    })
  }
  if (open) {
    const { address, prefix, gateway, dns } = openNetwork
    cards.push({
      backend: { type: 'stream', id: cardIds[1], server: false, addr: { type: 'unix', path: parts.passtSocket } },
      mac: siblingMac(network.mac),
      kernelParameter: `microvm.eth${cards.length}=${address}/${prefix},${gateway},${dns}`,
    })
  }
  return {
    cards,
    spawns: forwards.length > 0,
    passtSocket: open ? parts.passtSocket : undefined,
    lifeline: parts.gateway && 'lifeline' in parts.gateway ? parts.gateway.lifeline : undefined,
  }
}

const guestForward = (forward: Forward, socat: string): string =>
  `tcp:${forwardAddress}:${forward.port}-cmd:${socat} STDIO ${forwardTarget(forward)}`

/** One that has said all it had to say waits for the rest of the answer as long as the gateway does. */
function gatewayForward({ socket }: Pick<GatewaySockets, 'socket'>, socat: string): string {
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
