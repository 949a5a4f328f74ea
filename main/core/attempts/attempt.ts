/** One of several tasks that were given the same text at the same commit, of which one is to be chosen. */
export interface Attempt {
  /** Eight hexadecimal digits, the same for all of them. */
  readonly group: string
  /** From 1. */
  readonly number: number
  readonly of: number
  /** Present when another task reads their work and chooses. */
  readonly judged?: true
}
