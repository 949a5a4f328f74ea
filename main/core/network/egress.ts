import { formatHostRule, parseHostRule } from './host-rule.ts'

/**
 * What a guest may reach beside what its task is given. `open`: the internet, no private network and nothing of this host;
 * `closed`: nothing; `hosts`: what the rules list, through our gateway.
 */
export type EgressPolicy =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  /** Each in the one form that `formatHostRule` gives. */
  | { readonly kind: 'hosts'; readonly hosts: readonly string[] }

/** How a policy stands in files and answers. */
export type EgressWord = 'open' | 'closed' | readonly string[]

const hostRuleLimit = 200

export const egressWord = (policy: EgressPolicy): EgressWord => (policy.kind === 'hosts' ? policy.hosts : policy.kind)

/** For a person; null is no policy of its own. */
export function egressText(policy: EgressPolicy | null): string {
  return policy === null ? 'what the settings say' : policy.kind === 'hosts' ? policy.hosts.join(', ') : policy.kind
}

/** What a user asks of a policy: a new one, and hosts to add to the list that it is or becomes. */
export interface EgressChange {
  readonly egress?: 'open' | 'closed' | 'default'
  readonly allowHosts?: readonly string[]
}

/**
 * The policy after the change, null for none of its own; a text that says why there is none. Hosts are added to the list that there
 * is; anything else becomes a list of just these. `closed` with hosts begins the list again.
 */
export function changeEgress(
  current: EgressPolicy | null,
  { egress, allowHosts = [] }: EgressChange,
): EgressPolicy | null | string {
  if (allowHosts.length === 0) return egress === undefined ? current : egress === 'default' ? null : { kind: egress }
  if (egress !== undefined && egress !== 'closed') return `'${egress}' and a list of hosts cannot be had together`
  const before = current?.kind === 'hosts' && egress === undefined ? current.hosts : []
  return parseEgress([...before, ...allowHosts])
}

/** The policy that the word means; a text that says which rule cannot be understood, and why. */
export function parseEgress(word: EgressWord): EgressPolicy | string {
  if (word === 'open' || word === 'closed') return { kind: word }
  if (word.length === 0) return "An empty list of hosts lets nothing through: use 'closed'"
  if (word.length > hostRuleLimit) return `More than ${hostRuleLimit} hosts`
  const hosts: string[] = []
  for (const text of word) {
    const rule = parseHostRule(text)
    if (typeof rule === 'string') return rule
    const host = formatHostRule(rule)
    if (!hosts.includes(host)) hosts.push(host)
  }
  return { kind: 'hosts', hosts }
}
