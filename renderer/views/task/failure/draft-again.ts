import type { TaskDetails } from '../../../../preload/task-details.ts'
import { type Draft, usualAgent } from '../../../stores/draft.ts'

/** The task as it was asked for, to be written once more. */
export const draftAgain = (repo: string, { description, caps, agent, base }: TaskDetails): Partial<Draft> => ({
  repo,
  description,
  limits: {
    minutes: caps ? String(caps.timeoutMs / 60_000) : '',
    usd: caps?.maxCostUsd == null ? '' : String(caps.maxCostUsd),
    tokens: caps?.maxTokens == null ? '' : String(caps.maxTokens),
  },
  agent: {
    ...usualAgent,
    ...{ model: agent?.model ?? '', effort: agent?.effort ?? '', base: base ?? '' },
    subagentModel: agent?.subagentModel ?? '',
    answerTokens: agent?.maxOutputTokens?.toString() ?? '',
    thinkingTokens: agent?.maxThinkingTokens?.toString() ?? '',
  },
})
