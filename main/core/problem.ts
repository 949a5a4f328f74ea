/** Something that a task lacks here, and how to get it. */
export interface Problem {
  /** Stable name: `qemu-missing`, `key-missing`, ... */
  readonly code: string
  /** What is missing and what it is for, one sentence. */
  readonly message: string
  /** What the user can do, one sentence or one command line. */
  readonly cure: string
  /** A task can run in spite of it. */
  readonly optional?: boolean
  /** Only tasks with a way of their own to the internet lack it, or only those that are let through to single addresses. */
  readonly onlyFor?: 'open-egress' | 'forwards'
}
