/** What a task may take at most; null is no limit. Decided when the task is accepted. */
export interface TaskCaps {
  /** In its machine, from power-on; the time goes on while the orchestrator does not run. */
  readonly timeoutMs: number
  /** US dollars, as the agent itself counts them. */
  readonly maxCostUsd: number | null
  /** Input, cached or not, and output, of all requests. */
  readonly maxTokens: number | null
  /** How long neither console nor stream may say anything. */
  readonly silenceTimeoutMs: number | null
}

/** What the caller asks for, over what the settings say. */
export const capsOf = (
  settings: Partial<TaskCaps> & { readonly timeoutMs: number },
  asked: Partial<TaskCaps>,
): TaskCaps => ({
  maxCostUsd: null,
  maxTokens: null,
  silenceTimeoutMs: null,
  ...settings,
  ...asked,
})
