import type { Engine, Job } from './engine.ts'
import { openKeeperLink } from './follow/keeper-link.ts'
import { protocolVersion } from './protocol.ts'

/**
 * Tells a keeper that all of its task is at home, where that may have been missed: its seat is cleared then. Never rejects; a place that is out of
 * reach keeps the seat, which has no slot any more.
 */
export async function release(engine: Engine, job: Job, signal: AbortSignal): Promise<void> {
  const { seat } = job
  try {
    const state = (await engine.look(signal)).get(seat)
    if (!state) return
    // No queue is asked for room only to clear a folder.
    if (state.kind !== 'running' && engine.hasQueue) return
    if (state.kind === 'ended') await engine.submit(job, signal)
  } catch {
    return
  }
  const keeper = openKeeperLink(engine, seat, {
    // Nothing of it is wanted: the keeper ends the connection once it has heard.
    onMessage: (message): void => {
      if (message.type === 'done') keeper.link.send({ type: 'taken' })
    },
    onBytes: () => undefined,
  })
  const { link } = keeper
  link.send({ type: 'follow', protocol: protocolVersion, console: 0, stream: 0 })
  const onAbort = (): void => link.close('it took too long')
  signal.addEventListener('abort', onAbort, { once: true })
  await link.over
  signal.removeEventListener('abort', onAbort)
  await keeper.end(false)
}
