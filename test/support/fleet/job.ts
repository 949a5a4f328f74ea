import type { Place, SshPlace } from '../../../main/core/task/task-place.ts'
import type { Job } from '../../../main/fleet/engine.ts'

/** A small job for a seat. */
export const jobFor = (seat: string): Job => ({ seat, memoryMiB: 64, cpus: 1, minutes: 10, at: null, near: null })

/** A place that ssh leads to, as one. */
export function atSsh(place: Place): SshPlace {
  if (place.kind !== 'ssh') throw new Error('The place is one that ssh leads to')
  return place
}
