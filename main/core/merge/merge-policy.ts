/** What has to happen before a task's work is brought onto the branch. */
export type MergePolicy =
  | { readonly kind: 'auto' }
  /** A person accepts it. */
  | { readonly kind: 'review' }
  /** A command of the user's succeeds in the task's machine, after the agent. */
  | { readonly kind: 'check'; readonly command: string }

const strictness = { auto: 0, check: 1, review: 2 } as const

/**
 * The policy that binds a task: its own, unless the repository's was made stricter since. Of two different checks it is the
 * repository's: that one was not run, so the work waits for a person. A repository that is registered no more loosens nothing. Pure.
 */
export function stricterPolicy(recorded: MergePolicy, current: MergePolicy | null): MergePolicy {
  if (current === null || strictness[current.kind] < strictness[recorded.kind]) return recorded
  return current
}

/** A wish to change it; what is left out stays. */
export interface MergePolicyChange {
  readonly merge?: MergePolicy['kind']
  /** The command; alone it means `check`. */
  readonly check?: string
}

export const commandLimit = 4000

/** The policy after the wish; a text says why it cannot be had. Pure. */
export function changeMergePolicy(current: MergePolicy, { merge, check }: MergePolicyChange): MergePolicy | string {
  if (merge === undefined && check === undefined) return current
  const kind = merge ?? 'check'
  if (kind !== 'check') {
    return check === undefined ? { kind } : `A check command is of no use with '${kind}'`
  }
  const command = check ?? (current.kind === 'check' ? current.command : undefined)
  if (command === undefined) return "The policy 'check' needs a command"
  return isCommand(command) ? { kind, command } : `The check command must be 1 to ${commandLimit} characters of text`
}

/** It crosses into the guest as text that ends with a NUL. */
export const isCommand = (command: string): boolean =>
  command.trim() !== '' && command.length <= commandLimit && !command.includes('\0')

/** The policy as files and clients write it: a word, or the command. */
export type MergePolicyWord = 'auto' | 'review' | { readonly check: string }

export const mergePolicyWord = (policy: MergePolicy): MergePolicyWord =>
  policy.kind === 'check' ? { check: policy.command } : policy.kind

export const mergePolicyOf = (word: MergePolicyWord): MergePolicy =>
  typeof word === 'string' ? { kind: word } : { kind: 'check', command: word.check }

/** The policy in words, for a person. */
export const mergePolicyText = (policy: MergePolicy): string =>
  policy.kind === 'check'
    ? `when '${policy.command}' succeeds`
    : { auto: 'by itself', review: 'after review' }[policy.kind]
