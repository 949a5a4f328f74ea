import { bounds } from '../bounds.ts'

/** What has to happen before a task's work is brought onto the branch. */
export type MergePolicy =
  | { readonly kind: 'auto' }
  /** A person accepts it. */
  | { readonly kind: 'review' }
  | CheckPolicy

/** A command of the user's succeeds in the task's machine, after the agent; and again on what comes onto the branch, where that is not the same. */
export interface CheckPolicy {
  readonly kind: 'check'
  readonly command: string
  /** How long the command may take. Default: `checkTimeoutMs`. */
  readonly timeoutMs?: number
}

const minuteMs = 60_000

/** How long a check may take that says nothing else. */
export const checkTimeoutMs = 30 * minuteMs

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
  /** How long the command may take, in minutes. */
  readonly checkMinutes?: number
}

/** The wish to have this policy; where it says nothing of the time that a check may take, that stays. Pure. */
export function changeTo(policy: MergePolicy): MergePolicyChange {
  if (policy.kind !== 'check') return { merge: policy.kind }
  const { kind: merge, command: check, timeoutMs } = policy
  return { merge, check, ...(timeoutMs !== undefined && { checkMinutes: timeoutMs / minuteMs }) }
}

export const commandLimit = 4000

/** The policy after the wish; a text says why it cannot be had. Pure. */
export function changeMergePolicy(
  current: MergePolicy,
  { merge, check, checkMinutes }: MergePolicyChange,
): MergePolicy | string {
  if (merge === undefined && check === undefined && checkMinutes === undefined) return current
  const kind = merge ?? 'check'
  if (kind !== 'check') {
    return check === undefined && checkMinutes === undefined ? { kind } : `A check is of no use with '${kind}'`
  }
  const before = current.kind === 'check' ? current : undefined
  const command = check ?? before?.command
  if (command === undefined) return "The policy 'check' needs a command"
  if (!isCommand(command)) return `The check command must be 1 to ${commandLimit} characters of text`
  if (checkMinutes !== undefined && !isMinutes(checkMinutes))
    return `A check may take ${bounds.checkMinutes.least} to ${bounds.checkMinutes.most} minutes`
  const timeoutMs = checkMinutes === undefined ? before?.timeoutMs : checkMinutes * minuteMs
  return { kind, command, ...(timeoutMs !== undefined && { timeoutMs }) }
}

export const isMinutes = (minutes: number): boolean =>
  minutes >= bounds.checkMinutes.least && minutes <= bounds.checkMinutes.most

/** It crosses into the guest as text that ends with a NUL. */
export const isCommand = (command: string): boolean =>
  command.trim() !== '' && command.length <= commandLimit && !command.includes('\0')

/** The policy as files and clients write it: a word, or the command and how long it may take. */
export type MergePolicyWord = 'auto' | 'review' | { readonly check: string; readonly minutes?: number | undefined }

export function mergePolicyWord(policy: MergePolicy): MergePolicyWord {
  if (policy.kind !== 'check') return policy.kind
  const { command: check, timeoutMs } = policy
  return { check, ...(timeoutMs !== undefined && { minutes: timeoutMs / minuteMs }) }
}

export function mergePolicyOf(word: MergePolicyWord): MergePolicy {
  if (typeof word === 'string') return { kind: word }
  const { check: command, minutes } = word
  return { kind: 'check', command, ...(minutes !== undefined && { timeoutMs: minutes * minuteMs }) }
}

/** The policy in words, for a person. */
export const mergePolicyText = (policy: MergePolicy): string =>
  policy.kind === 'check'
    ? `when '${policy.command}' succeeds within ${(policy.timeoutMs ?? checkTimeoutMs) / minuteMs} min`
    : { auto: 'by itself', review: 'after review' }[policy.kind]
