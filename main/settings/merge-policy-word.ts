import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import {
  changeMergePolicy,
  isCommand,
  isMinutes,
  type MergePolicy,
  type MergePolicyChange,
} from '../core/merge/merge-policy.ts'

/** `"auto"`, `"review"` or `{"check": COMMAND, "minutes": NUMBER}`, as files have it. */
export const mergePolicyWordSchema = z.union(
  [
    z.enum(['auto', 'review']),
    z.object({ check: z.string().refine(isCommand), minutes: z.number().refine(isMinutes).optional() }),
  ],
  { error: 'write "auto", "review" or {"check": "a command"}' },
)

/** The policy that a user asked for. @throws AppError('argument-invalid') */
export function requireMergePolicy(current: MergePolicy, wish: MergePolicyChange): MergePolicy {
  const policy = changeMergePolicy(current, wish)
  if (typeof policy !== 'string') return policy
  throw new AppError('argument-invalid', policy, { hint: 'For example: --merge check --check "npm test"' })
}
