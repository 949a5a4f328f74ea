import type { Log } from '../../lib/log.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { collect } from './collect.ts'
import { type Concluded, conclude, type FinishOptions } from './conclude.ts'

/**
 * With the machine off: collects what the guest left, and concludes the task. Can be run again after a crash at any point, and waits where
 * the host has no room. Never rejects but for a record that cannot be written.
 */
export async function finishTask(
  options: FinishOptions,
  record: TaskRecord,
  secret: string,
  log: Log,
): Promise<Concluded> {
  if (options.handOver) return await options.handOver(record)
  return await conclude(options, record, await collect(record, secret, log), log)
}
