import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { type EgressPolicy, type EgressWord, parseEgress } from '../core/network/egress.ts'
import { isAddress, parseHostRule } from '../core/network/host-rule.ts'
import { addressKind } from '../lib/address-kind.ts'

/** `"open"`, `"closed"`, or the list of hosts, as files have it. */
export const egressWordSchema = z
  .union([z.enum(['open', 'closed']), z.array(z.string())], { error: 'write "open", "closed" or a list of hosts' })
  .superRefine((word, context) => {
    const policy = parseEgress(word)
    if (typeof policy === 'string') context.addIssue({ code: 'custom', message: policy })
  })

/** Of a word that passed the schema. */
export function egressPolicy(word: EgressWord): EgressPolicy {
  const policy = parseEgress(word)
  return typeof policy === 'string' ? refuse(policy) : policy
}

/** The policy that a user asked for. @throws AppError('argument-invalid') for what cannot be understood or never be reached. */
export function requirePolicy(policy: EgressPolicy | null | string): EgressPolicy | null {
  if (typeof policy === 'string') return refuse(policy)
  if (policy?.kind !== 'hosts') return policy
  for (const host of policy.hosts) {
    const rule = parseHostRule(host)
    if (typeof rule === 'object' && isAddress(rule.name) && addressKind(rule.name) === 'unusable') {
      return refuse(`${host} leads to this host itself or to many: no task reaches it`)
    }
  }
  return policy
}

function refuse(message: string): never {
  throw new AppError('argument-invalid', message, { hint: 'See docs/network-and-security.md' })
}
