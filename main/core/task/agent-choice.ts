/** How hard Claude Code's model is to think, from the least on. */
export const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const

export type Effort = (typeof efforts)[number]

/** What a task's agent is to be, each in place of what the host's environment says. */
export interface AgentChoice {
  /** An alias, as `opus`, or a model's whole name: what there is, Claude Code and its API know. */
  readonly model?: string
  readonly effort?: Effort
  /** The model of the agents that the agent starts. */
  readonly subagentModel?: string
  /** The most tokens of one answer. */
  readonly maxOutputTokens?: number
  /** The most tokens that it thinks before one. */
  readonly maxThinkingTokens?: number
}

/** Names of models, with what gateways put around them; nothing that a shell or an environment could read otherwise. */
export const modelPattern = /^[A-Za-z0-9][A-Za-z0-9._:/@[\]-]{0,199}$/

const variableOf = {
  model: 'ANTHROPIC_MODEL',
  effort: 'CLAUDE_CODE_EFFORT_LEVEL',
  subagentModel: 'CLAUDE_CODE_SUBAGENT_MODEL',
  maxOutputTokens: 'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
  maxThinkingTokens: 'MAX_THINKING_TOKENS',
} as const satisfies Record<keyof AgentChoice, string>

/** The environment variables that Claude Code reads these choices from. Pure. */
export function choiceVariables(choice: AgentChoice): Readonly<Record<string, string>> {
  const names = Object.keys(variableOf) as (keyof AgentChoice)[]
  return Object.fromEntries(
    names.flatMap((name) => (choice[name] === undefined ? [] : [[variableOf[name], String(choice[name])]])),
  )
}
