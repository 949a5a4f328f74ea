import { stat } from 'node:fs/promises'
import { addressKind, ownAddresses, privateNetworks } from '../../lib/address-kind.ts'
import type { Command } from '../command.ts'
import { type HelperProcess, startHelper } from '../helper-process.ts'
import type { HelperUser } from '../helper-user.ts'
import { required } from '../host/required.ts'
import type { RunDirectory } from '../run-directory.ts'
import { Confinement } from './confine.ts'
import type { QemuHost } from './host.ts'
import { openNetwork } from './network.ts'
import { toolCommand } from './tools.ts'

export const tunDevice = '/dev/net/tun'

export interface OpenNetworkParts {
  readonly run: RunDirectory
  readonly user: HelperUser
  readonly host: QemuHost
  /** Lets guests reach private networks, and what of this host its neighbours reach. */
  readonly privateNetworks: boolean
}

/**
 * Starts what gives a guest the internet by the socket. passt alone reaches whatever this host does; so it runs in a network of its
 * own, which pasta connects to the host's, and in which the routes to private networks and to this host end.
 */
export async function startOpenNetwork(socket: string, parts: OpenNetworkParts): Promise<HelperProcess> {
  const { run, user, host } = parts
  const confinement = new Confinement(user, run.mounts('passt'))
  const tool = required(host.passt, 'passt')
  const passt: Command = [...(await toolCommand(tool, confinement)), ...passtArguments(socket)]
  if (parts.privateNetworks) {
    return await startHelper('passt', confinement.command([...passt, ...takeResolver]), run.log('passt'))
  }

  const pasta = await toolCommand(tool, confinement, 'pasta')
  if (user.kind === 'dropped' && !(await isForEverybody(tunDevice))) confinement.useOwnTun()
  const command = fencedCommand(
    [...pasta, ...pastaArguments()],
    required(host.ip, 'ip'),
    closedRoutes(ownAddresses()),
    passt,
  )
  return await startHelper('passt', confinement.command(command), run.log('passt'))
}

/** Networks and addresses that a guest must not reach, as `ip route` takes them. Pure. */
export function closedRoutes(own: readonly string[]): readonly string[] {
  const addresses = own.filter((address) => address.includes('.') && addressKind(address) !== 'unusable')
  return [...new Set([...privateNetworks, ...addresses.map((address) => `${address}/32`)])]
}

const fenceScript = [
  'set -e',
  'ip=$1; shift',
  'while [ "$1" != -- ]; do "$ip" route add unreachable "$1"; shift; done',
  'shift',
  'exec "$@"',
].join('\n')

/** The helper in a network that pasta makes, once the routes are closed; when one cannot be, it does not start. Pure. */
export function fencedCommand(pasta: Command, ip: string, routes: readonly string[], helper: Command): Command {
  return [...pasta, '--', 'sh', '-c', fenceScript, 'sh', ip, ...routes, '--', ...helper]
}

/** Nothing of the host's loopback: not through the gateway's address, not from the host to the guest nor the other way round. */
const nothingOfTheHost = ['--no-map-gw', '--tcp-ports', 'none', '--udp-ports', 'none']

const { address, prefix, gateway, dns } = openNetwork
const network = [
  ...['--foreground', '--quiet', '--ipv4-only', '--no-dhcp', '--no-ra', '--no-ndp', '--no-dhcpv6'],
  ...['--address', address, '--netmask', String(prefix), '--gateway', gateway],
]

/**
 * The one thing taken from the host: its resolver, which may itself listen on the loopback (systemd-resolved) or in a private
 * network. It is for the program that is in the host's network to do.
 */
const takeResolver = ['--dns-forward', dns]

const passtArguments = (socket: string): readonly string[] => [
  ...network,
  ...nothingOfTheHost,
  ...['--one-off', '--socket', socket],
]

const pastaArguments = (): readonly string[] => [
  ...network,
  ...nothingOfTheHost,
  ...takeResolver,
  ...['--tcp-ns', 'none', '--udp-ns', 'none', '--config-net'],
]

async function isForEverybody(device: string): Promise<boolean> {
  return ((await stat(device)).mode & 0o006) === 0o006
}
