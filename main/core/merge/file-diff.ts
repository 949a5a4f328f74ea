/** How a file differs between two commits, as far as it can be shown. */
export type FileDiff =
  | {
      readonly kind: 'text'
      readonly hunks: readonly Hunk[]
      /** Whether characters that are not seen were made visible in it. */
      readonly hidden?: boolean
    }
  | {
      readonly kind: 'binary'
      readonly oldBytes: number | null
      readonly newBytes: number | null
      /** Both sides as far as they are pictures that can be shown; absent where none was asked for or none is. */
      readonly pictures?: { readonly before: Picture | null; readonly after: Picture | null }
    }
  /** Too much to show: so many lines changed. */
  | { readonly kind: 'too-large'; readonly lines: number }

export interface Hunk {
  readonly oldStart: number
  readonly newStart: number
  /** What git prints behind the second `@@`. */
  readonly heading: string
  readonly lines: readonly { readonly kind: ' ' | '+' | '-'; readonly text: string }[]
}

/** Bytes of a guest that are a picture of one of four kinds, small enough to be shown. Never SVG, which can hold programs. */
export interface Picture {
  readonly type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  /** In pixels. */
  readonly width: number
  readonly height: number
  /** Base64. */
  readonly data: string
}

/** How a file's lines are wanted. */
export interface DiffOptions {
  /** All lines that did not change, too, in place of three around each change. */
  readonly whole?: boolean
  /** Lines that differ in blanks alone count as equal. */
  readonly ignoreSpace?: boolean
  /** Whether pictures are wanted. */
  readonly pictures?: boolean
}

/** What a file's lines are compared with. */
export type Against =
  /** Where the task started. */
  | { readonly kind: 'start' }
  /** The branch as it is now, as a merge would change it. */
  | { readonly kind: 'branch' }
  /** The commit before this one of the task's. */
  | { readonly kind: 'commit'; readonly id: string }
