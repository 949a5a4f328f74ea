import type { MergeOutcome, SalvagedWork, UnmergedReason } from './merge.ts'
import { taskRef } from './merge.ts'
import type { MergePolicy } from './merge-policy.ts'
import { unreachable } from './unreachable.ts'

/** What the check command of a repository's policy did in the guest; guest data, bounded. */
export interface CheckReport {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  /** The end of what it printed. */
  readonly output: string
}

/** Why work that could be merged waits instead, by its repository's policy; null when nothing keeps it. Pure. */
export function heldByPolicy(
  policy: MergePolicy,
  taskId: string,
  work: Pick<SalvagedWork, 'ref'>,
  check: CheckReport | null,
): Extract<MergeOutcome, { kind: 'unmerged' }> | null {
  if (work.ref === null) return null
  const held = (reason: UnmergedReason, detail: string) => ({ kind: 'unmerged' as const, reason, files: [], detail })
  switch (policy.kind) {
    case 'auto':
      return null
    case 'review':
      return held(
        'awaiting_review',
        `It waits at ${taskRef(taskId)} to be reviewed: microvm-orchestrator review ${taskId}`,
      )
    case 'check':
      if (check?.exitCode === 0) return null
      return held('check_failed', `${whatFailed(policy.command, check)}. The work waits at ${taskRef(taskId)}`)
    default:
      return unreachable(policy)
  }
}

function whatFailed(command: string, check: CheckReport | null): string {
  if (!check) return `'${command}' was not run`
  return check.exitCode === null
    ? `'${command}' was ended by a signal`
    : `'${command}' failed (exit status ${check.exitCode})`
}
