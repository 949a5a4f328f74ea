import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/**
 * IPv4 networks that are no part of the internet: private ones, those of carriers and VPNs, link-local ones with the clouds'
 * metadata services. 198.18.0.0/15 is left out: some VPN clients answer every name with an address of it.
 */
export const privateNetworks = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '192.0.0.0/24'],
  ...['192.88.99.0/24', '240.0.0.0/4'],
] as const

/** IPv4 networks that lead to the host itself, or to many. */
const unusableNetworks = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32'] as const

const privateV4 = blockList(privateNetworks, 'ipv4')
const unusableV4 = blockList(unusableNetworks, 'ipv4')
const privateV6 = blockList(['fc00::/7', 'fe80::/10'], 'ipv6')
/** What is assigned for the internet, and what of it carries IPv4 addresses inside: Teredo and 6to4. */
const globalV6 = blockList(['2000::/3'], 'ipv6')
const carriersV6 = blockList(['2001::/32', '2002::/16'], 'ipv6')

export type AddressKind =
  /** Of the internet. */
  | 'public'
  /** Of a private network, of a link, of a carrier. */
  | 'private'
  /** Loopback, unspecified, multicast, an IPv4 address inside an IPv6 one, or no address at all. */
  | 'unusable'

/** What an address leads to. Pure. */
export function addressKind(address: string): AddressKind {
  switch (isIP(address)) {
    case 4:
      if (unusableV4.check(address)) return 'unusable'
      return privateV4.check(address) ? 'private' : 'public'
    case 6:
      if (address.includes('%')) return 'unusable'
      if (privateV6.check(address, 'ipv6')) return 'private'
      return globalV6.check(address, 'ipv6') && !carriersV6.check(address, 'ipv6') ? 'public' : 'unusable'
    default:
      return 'unusable'
  }
}

/** Every address that this host has at the moment, its loopback included. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
}

function blockList(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    list.addSubnet(address, Number(prefix), family)
  }
  return list
}
