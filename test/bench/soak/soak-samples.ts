import { setTimeout as sleep } from 'node:timers/promises'
import { residentMiB } from '../../../main/lib/processes/host-memory.ts'
import type { ServerConnection } from '../../../main/web/client.ts'
import type { ServerProcess } from '../server-process.ts'

/** How things stood at one moment. */
export interface Sample {
  /** Since the first task was asked for. */
  readonly minutes: number
  /** Resident memory of the server's process. */
  readonly serverMegabytes: number
  readonly busySlots: number
  /** Tasks that have ended so far, and how many of them did not complete. */
  readonly ended: number
  readonly failed: number
  /** Resident memory of all hypervisors. */
  readonly guestMegabytes: number
}

const everyMs = 5_000

/** Adds a sample to the list every five seconds until `over` fires, and one then. Rejects when the server no longer answers. */
export async function takeSamples(
  samples: Sample[],
  server: ServerProcess,
  client: ServerConnection,
  progress: () => Pick<Sample, 'minutes' | 'ended' | 'failed'>,
  over: AbortSignal,
): Promise<void> {
  const pids = new Map<string, number>()
  for (;;) {
    const isLast = over.aborted
    const { active } = await client.call('list_slots', {})
    const ids = active.map(({ task_id }) => task_id)
    samples.push({
      ...progress(),
      serverMegabytes: await server.residentMegabytes(),
      busySlots: active.length,
      guestMegabytes: await guestMegabytes(client, ids, pids),
    })
    if (isLast) return
    await sleep(everyMs, undefined, { signal: over }).catch(() => undefined) // Only its end wakes it early.
  }
}

/** Each task is asked for its hypervisor's pid only until it has one: the measuring is not to be what the server does most. */
async function guestMegabytes(client: ServerConnection, ids: readonly string[], pids: Map<string, number>) {
  let sum = 0
  for (const id of ids) {
    const pid = pids.get(id) ?? (await client.call('get_task_info', { task_id: id })).pid
    if (pid === null) continue
    const used = await residentMiB(pid)
    // A guest that was booted again has another pid.
    if (used > 0) pids.set(id, pid)
    else pids.delete(id)
    sum += used
  }
  return sum
}
