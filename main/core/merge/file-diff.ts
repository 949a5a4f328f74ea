/** How a file differs between two commits, as far as it can be shown. */
export type FileDiff =
  | {
      readonly kind: 'text'
      readonly hunks: readonly Hunk[]
      /** Whether characters that are not seen were made visible in it. */
      readonly hidden?: boolean
    }
  | { readonly kind: 'binary'; readonly oldBytes: number | null; readonly newBytes: number | null }
  /** Too much to show: so many lines changed. */
  | { readonly kind: 'too-large'; readonly lines: number }

export interface Hunk {
  readonly oldStart: number
  readonly newStart: number
  /** What git prints behind the second `@@`. */
  readonly heading: string
  readonly lines: readonly { readonly kind: ' ' | '+' | '-'; readonly text: string }[]
}

/** What a file's lines are compared with. */
export type Against =
  /** Where the task started. */
  | { readonly kind: 'start' }
  /** The branch as it is now, as a merge would change it. */
  | { readonly kind: 'branch' }
  /** The commit before this one of the task's. */
  | { readonly kind: 'commit'; readonly id: string }
