/** What the scripted model answers to one request. */
export type Turn =
  | { readonly kind: 'answer'; readonly blocks: readonly Block[]; readonly delayMs?: number }
  /** The API's own error, as it words it. */
  | { readonly kind: 'error'; readonly status: 401 | 404 | 429 | 500 | 529 }
  /** A subscription's limit, as the API tells it: in seconds since the epoch. */
  | { readonly kind: 'limit'; readonly resetsAt: number }
  /** The connection breaks. */
  | { readonly kind: 'drop' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }

export type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, unknown>> }

/** What a script may look at: the request's own history, so that one server serves any number of agents and holds no state. */
export interface History {
  /** How often the agent was told to use a tool so far. */
  readonly turn: number
  /** The working directory that Claude Code names in its prompt. */
  readonly directory: string
  /** Each text that the user's messages hold, in order. */
  readonly texts: readonly string[]
  /** Text of the results of each earlier use of a tool, in order; `name` as the agent knows it. */
  readonly results: readonly { readonly name: string; readonly input: unknown; readonly text: string }[]
}

export type Script = (history: History) => Turn | Promise<Turn>

/** The same turns for everybody; the last one is repeated. */
export const sequence =
  (...turns: readonly [Script, ...Script[]]): Script =>
  (history) =>
    (turns[Math.min(history.turn, turns.length - 1)] ?? turns[0])(history)

export const say = (text: string): Turn => ({ kind: 'answer', blocks: [{ type: 'text', text }] })

export const use = (name: string, input: Readonly<Record<string, unknown>>, text?: string): Turn => ({
  kind: 'answer',
  blocks: [...(text === undefined ? [] : [{ type: 'text' as const, text }]), { type: 'tool_use', name, input }],
})

export const bash = (command: string, text?: string): Turn =>
  use('Bash', { command, description: 'Run a command', timeout: 120_000 }, text)
