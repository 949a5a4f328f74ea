import { create } from 'zustand'
import type { Effort } from '../../main/core/task/agent-choice.ts'
import { go } from './navigation.ts'

/** What is typed of a limit; empty means: as the settings say. */
export interface LimitTexts {
  readonly minutes: string
  readonly usd: string
  readonly tokens: string
}

export const noLimits: LimitTexts = { minutes: '', usd: '', tokens: '' }

/** What is typed of the agent and of where it starts; empty means: as usual. */
export interface AgentTexts {
  readonly model: string
  readonly effort: Effort | ''
  readonly base: string
  /** The model of the agents that it starts. */
  readonly subagentModel: string
  /** The most tokens of one answer, and of its thoughts before one. */
  readonly answerTokens: string
  readonly thinkingTokens: string
}

export const usualAgent: AgentTexts = {
  ...{ model: '', effort: '', base: '' },
  ...{ subagentModel: '', answerTokens: '', thinkingTokens: '' },
}

/** What is typed of several attempts at the task. */
export interface AttemptTexts {
  /** How many, as a number. */
  readonly count: string
  /** Names with commas between them; empty means: all as usual. */
  readonly models: string
  readonly judge: boolean
}

export const oneAttempt: AttemptTexts = { count: '1', models: '', judge: false }

export interface Draft {
  /** An alias; empty for the first. */
  readonly repo: string
  readonly description: string
  /** Null until the user chose: as the settings say. */
  readonly queue: boolean | null
  readonly priority: string
  readonly limits: LimitTexts
  readonly agent: AgentTexts
  /** Whether its agent waits for more when it is done. */
  readonly hold: boolean
  /** The place that runs it; empty for this host. */
  readonly place: string
  readonly attempts: AttemptTexts
}

/** The task that is being written, kept until it is started, so that a look elsewhere loses no word. */
export const useDraft = create<Draft>(() => ({
  repo: '',
  description: '',
  queue: null,
  priority: '0',
  limits: noLimits,
  agent: usualAgent,
  hold: false,
  place: '',
  attempts: oneAttempt,
}))

/** Leads to the form for a task in a repository, with what was typed before. */
export function writeTask(repo: string): void {
  useDraft.setState({ repo })
  go({ view: 'new-task' })
}
