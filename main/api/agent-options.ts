import { z } from 'zod'
import { bounds } from '../core/bounds.ts'
import { type AgentChoice, efforts, modelPattern } from '../core/task/agent-choice.ts'
import { within } from './within.ts'

export const modelName = z
  .string()
  .regex(modelPattern, "A model's name is at most 200 letters, digits and any of . _ : / @ [ ] -")

/** Settings of Claude Code that a task may have of its own. */
const agentSettings = z.strictObject({
  subagent_model: modelName.optional().describe('The model of the agents that it starts'),
  max_output_tokens: within(z.int(), bounds.answerTokens).optional().describe('The most tokens of one answer'),
  max_thinking_tokens: within(z.int(), bounds.answerTokens)
    .optional()
    .describe('The most tokens of its thoughts before one'),
})

/** What a task's agent is to be. */
export const agentOptionShape = {
  model: modelName
    .optional()
    .describe("The agent's model: an alias as opus or sonnet, or a model's whole name. Default: the user's"),
  effort: z.enum(efforts).optional().describe('How hard the model is to think'),
  agent: agentSettings.optional().describe("More settings of Claude Code's"),
}

/** The same as the orchestrator takes it; undefined where nothing is chosen. */
export function agentChoice({
  model,
  effort,
  agent: { subagent_model, max_output_tokens, max_thinking_tokens } = {},
}: z.output<z.ZodObject<typeof agentOptionShape>>): AgentChoice | undefined {
  const choice = {
    ...(model !== undefined && { model }),
    ...(effort !== undefined && { effort }),
    ...(subagent_model !== undefined && { subagentModel: subagent_model }),
    ...(max_output_tokens !== undefined && { maxOutputTokens: max_output_tokens }),
    ...(max_thinking_tokens !== undefined && { maxThinkingTokens: max_thinking_tokens }),
  }
  return Object.keys(choice).length > 0 ? choice : undefined
}
