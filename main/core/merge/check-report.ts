/** What the check command of a repository's policy did in the guest; guest data, bounded. */
export interface CheckReport {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  /** The end of what it printed. */
  readonly output: string
}
