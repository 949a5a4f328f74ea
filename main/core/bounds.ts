/** The least and the most that a figure may be, both included. */
export interface Bound {
  readonly least: number
  readonly most: number
}

const dayMs = 24 * 60 * 60_000
const limitless = Number.MAX_SAFE_INTEGER

/** What MCP, the control API, the command line, the window and the settings take for the same figure. */
export const bounds = {
  /** A TCP port of the server; with 0 the system chooses one. */
  port: { least: 0, most: 65_535 },
  /** Of a task that waits for a slot; a higher one goes first. */
  priority: { least: -100, most: 100 },
  /** The time of a task in its machine, in milliseconds. */
  taskTimeoutMs: { least: 1000, most: 7 * dayMs },
  /** How long the check command of a repository may take, in minutes. */
  checkMinutes: { least: 0.1, most: 24 * 60 },
  /** How long an agent that is done waits for more, in milliseconds. */
  holdMs: { least: 1000, most: dayMs },
  /** How many tasks go on at once where one has ended. */
  forks: { least: 1, most: 10 },
  /** How many tasks are given one text, of which one is chosen. */
  attempts: { least: 1, most: 10 },
  /** The cost of a task in US dollars. */
  costUsd: { least: 0.01, most: 1_000_000 },
  /** The tokens of a task. */
  tokens: { least: 1, most: limitless },
  /** The tokens of one answer, or of the thoughts before it. */
  answerTokens: { least: 1, most: 1_000_000 },
  /** The time that one call waits for an event, in milliseconds. */
  waitMs: { least: 0, most: dayMs },
  /** The number of tasks in one answer to a client. */
  listedTasks: { least: 1, most: 200 },
  /** The rows of the window's History in one answer. */
  historyRows: { least: 1, most: 500 },
  /** The age in days from which a finished task is pruned. */
  keepDays: { least: 0, most: limitless },
  /** The size in GiB that task folders may have after a prune. */
  maxGib: { least: 0, most: limitless },
} as const satisfies Readonly<Record<string, Bound>>

/** Half an hour: how long a call waits for an event when it does not say. */
export const defaultWaitMs = 30 * 60_000

/** Half an hour: how long an agent waits to be told more when its task does not say. */
export const defaultHoldMs = 30 * 60_000

/** What a list may have whose length a guest or a commit chose, in records, views and events. */
export interface ListBound {
  readonly count: number
  /** Of all elements together, as UTF-8. */
  readonly bytes: number
}

/** See `core/bounded-list.ts`, which applies them. */
export const listBounds = {
  /** Paths that are named because of what they are: they collide, are in the way, are held, have conflict markers. */
  paths: { count: 200, bytes: 16 * 1024 },
  /** Paths that a task changed. */
  changed: { count: 10_000, bytes: 1024 ** 2 },
  /** Sentences on a salvage. */
  notes: { count: 40, bytes: 16 * 1024 },
  /** Those of them that an event tells; the others are in `get_task_info`. */
  notesTold: { count: 50, bytes: 16 * 1024 },
} as const satisfies Readonly<Record<string, ListBound>>

/** The most characters of a text, or elements of a list, that a call may carry. */
export const lengths = {
  taskId: 200,
  alias: 200,
  /** A path inside a repository, in the control API. */
  path: 8192,
  /** The same in the window, which gets paths with bytes that are no text spelt out. */
  windowPath: 16_384,
  /** A path on this host. */
  hostPath: 4096,
  commit: 64,
  /** The words that tasks are searched for. */
  searchWords: 1000,
  /** The name of a branch, tag or commit. */
  revision: 250,
  commits: 1000,
  /** Tasks that one waits for. */
  after: 32,
  /** Tasks of a plan. */
  plan: 100,
  commitMessage: 100_000,
  checkCommand: 10_000,
  /** What is typed into a shell at a time, as base64. */
  typed: 128 * 1024,
} as const
