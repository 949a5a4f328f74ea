import { AppError } from '../../core/failure.ts'
import type { GatewayConfig } from '../../core/network/gateway.ts'
import { hostIn } from '../../lib/addresses.ts'
import { endsAtLoopback } from '../../settings/guest-environment.ts'
import type { KeyAt } from './provisions.ts'

/**
 * Holds that a gateway can do there what it would do here: its API is none of this host's own, and it needs no secret of the user's, which stay here. Pure.
 * @throws AppError('place-refused')
 */
export function requireForNode({ name }: KeyAt, gateway: GatewayConfig | undefined): void {
  const host = gateway?.api ? hostIn(new URL(gateway.api.url)) : ''
  const why = gateway?.secrets?.length
    ? 'its repository has secrets, which stay on this host'
    : endsAtLoopback(host)
      ? `its API is at ${host}, which is this host alone`
      : null
  if (why === null) return
  throw new AppError('place-refused', `A task cannot run at the place ${name} with the key there: ${why}`, {
    hint: `Run it at a place that leaves the key here: microvm-orchestrator places add ${name} again, with --key home`,
  })
}
