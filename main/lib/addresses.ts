import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an IP address reaches this host alone. False for anything that is no address. */
export function isLoopback(address: string): boolean {
  const plain = withoutMapping(address)
  const version = isIP(plain)
  return version !== 0 && loopback.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}

/** Whether the address stands for all addresses of this host. */
export const isWildcard = (address: string): boolean => address === '0.0.0.0' || /^(0{0,4}:){2,7}0{0,4}$/.test(address)

/** An IPv4 address that came in over an IPv6 socket (`::ffff:10.0.0.1`) as itself. */
export const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** The host of a URL as a socket takes it: an IPv6 address without its brackets. */
export const hostIn = ({ hostname }: Pick<URL, 'hostname'>): string => hostname.replace(/^\[|\]$/g, '')

/** The address as a URL has it. */
export const inUrl = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address)
