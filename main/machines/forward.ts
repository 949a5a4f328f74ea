import { isIP } from 'node:net'
import { AppError } from '../core/failure.ts'
import type { Forward } from './driver.ts'

/** Where every guest finds what is forwarded to it: an address inside slirp, or on the guest's own loopback interface. */
export const forwardAddress = '10.0.2.100'

/** Where it finds the gateway: an address of its own, so that every port is free for forwards. */
export const gatewayAddress = { host: '10.0.2.101', port: 3128 } as const
export const gatewayUrl = `http://${gatewayAddress.host}:${gatewayAddress.port}`

const hostNamePattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i

/** The forward as socat's address. Pure. @throws AppError('argument-invalid') for what is not a host and a port. */
export function forwardTarget({ host, port }: Forward): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  const valid = (isIP(bare) !== 0 && !bare.includes('%')) || hostNamePattern.test(bare)
  if (!valid || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AppError('argument-invalid', `'${host}:${port}' cannot be forwarded to a guest`)
  }
  return isIP(bare) === 6 ? `TCP6:[${bare}]:${port}` : `TCP:${bare}:${port}`
}
