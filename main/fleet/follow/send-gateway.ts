import { isDeepStrictEqual } from 'node:util'
import type { GatewayConfig } from '../../core/network/gateway.ts'
import type { TaskPlace } from '../../core/task/task-place.ts'
import type { Provisions } from '../../tasks/slots/provisions.ts'

/** What the gateway there is to let through, where the user leaves the key to the node; null where it stays here. Pure. */
export const gatewayThere = (
  place: Pick<TaskPlace, 'key'> | undefined,
  provide: () => Promise<Pick<Provisions, 'gateway'>>,
): (() => Promise<GatewayConfig | undefined>) | null =>
  place?.key === 'node' ? async () => (await provide()).gateway : null

/**
 * Sends what the gateway beside a task's machine is to let through, the key with it, and from then on whatever of it changes, until the result is disposed.
 * Every connection to a keeper is sent it once more: that keeps it in its memory alone.
 * @throws what says why it cannot be given. Later that is no reason to take away what it has.
 */
export async function sendGateway(
  config: () => Promise<GatewayConfig | undefined>,
  send: (config: GatewayConfig) => void,
  lookMs: number,
): Promise<Disposable> {
  let sent = await config()
  if (sent) send(sent)
  const look = async (): Promise<void> => {
    const now = await config().catch(() => undefined)
    if (!now || isDeepStrictEqual(now, sent)) return
    sent = now
    send(now)
  }
  const looking = setInterval(() => void look(), lookMs).unref()
  return { [Symbol.dispose]: () => clearInterval(looking) }
}
