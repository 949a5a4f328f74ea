/** What the check command of a repository's policy did in the guest; guest data, bounded. */
export interface CheckReport {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  /** The end of what it printed. */
  readonly output: string
  /** It was ended because it took longer than its limit. */
  readonly timedOut?: true
}

/** A check of the work as it is on the branch that it comes onto, in a machine of its own, before the branch moves. */
export interface LandingCheck extends CheckReport {
  readonly command: string
  /** The commit whose files were checked: the work on top of the branch, or of other work that lands before it. */
  readonly commit: string
  /** The key of the guest image that its machine booted; absent in records of earlier versions. */
  readonly image?: string
  /** The same files had been checked before, and were not checked again. */
  readonly isKnown?: true
}

export const succeeded = ({ exitCode }: Pick<CheckReport, 'exitCode'>): boolean => exitCode === 0

/** Why a command did not succeed, for a person. Pure. */
export function whyNot(command: string, { exitCode, timedOut }: CheckReport): string {
  if (timedOut) return `'${command}' ran into its time limit`
  return exitCode === null ? `'${command}' was ended by a signal` : `'${command}' failed (exit status ${exitCode})`
}
