import { join } from 'node:path'
import type { LeftUnderWay } from '../core/merge.ts'
import { kindOf } from './check-clone.ts'

/** What git keeps in `.git` while an operation waits to go on, the outer ones first: a rebase picks commits too. */
const signs: readonly (readonly [name: string, operation: NonNullable<LeftUnderWay['operation']>])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['sequencer', 'cherry-pick'],
]

/** The operation that an agent left under way in its clone; null when there is none. Reads names alone. */
export async function operationUnderWay(workspace: string): Promise<LeftUnderWay['operation']> {
  for (const [name, operation] of signs) {
    if ((await kindOf(join(workspace, '.git', name))) !== 'missing') return operation
  }
  return null
}
