import { type Effort, efforts } from '../../../main/core/task/agent-choice.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import type { AgentTexts } from '../../stores/draft.ts'
import { AboveZero } from './above-zero.tsx'
import { positive } from './limits.ts'

interface Props {
  readonly agent: AgentTexts
  readonly onChange: (agent: AgentTexts) => void
}

const levels = [
  { value: '', word: 'As usual' },
  ...efforts.map((value) => ({ value, word: value.charAt(0).toUpperCase() + value.slice(1) })),
]

const more = [
  { name: 'subagentModel', word: "Its agents' model", usual: 'As usual' },
  { name: 'answerTokens', word: 'Tokens of one answer', usual: 'As usual' },
  { name: 'thinkingTokens', word: 'Tokens of its thoughts', usual: 'As usual' },
] as const

/** What is asked for less often: the agents that it starts, and how long it may answer and think. */
export function MoreAgentFields({ agent, onChange }: Props) {
  return (
    <details className="more-agent" open={more.some(({ name }) => agent[name] !== '') || undefined}>
      <summary>More settings of the agent</summary>
      <fieldset className="three">
        <legend className="unseen">More settings of the agent</legend>
        {more.map(({ name, word, usual }) => {
          const fault = name !== 'subagentModel' && positive(agent[name]) === null
          return (
            <TextField
              key={name}
              id={`agent-${name}`}
              label={word}
              placeholder={usual}
              invalid={fault}
              value={agent[name]}
              onChange={(text) => onChange({ ...agent, [name]: text })}
            >
              {fault && <AboveZero />}
            </TextField>
          )
        })}
      </fieldset>
    </details>
  )
}

/** Which model works, how hard it thinks, and where the task starts. */
export function AgentFields({ agent, onChange }: Props) {
  return (
    <fieldset className="three">
      <legend className="unseen">Agent</legend>
      <TextField
        id="agent-model"
        label="Model"
        placeholder="Your own"
        value={agent.model}
        onChange={(model) => onChange({ ...agent, model })}
      />
      <SelectField
        id="agent-effort"
        label="Effort"
        value={agent.effort}
        options={levels}
        onChange={(effort) => onChange({ ...agent, effort: effort as Effort | '' })}
      />
      <TextField
        id="agent-base"
        label="Start from"
        placeholder="What is checked out"
        value={agent.base}
        onChange={(base) => onChange({ ...agent, base })}
      />
    </fieldset>
  )
}

/** What `runTask` is to be asked for; null while a figure is none. */
export function agentOf({ model, effort, base, subagentModel, answerTokens, thinkingTokens }: AgentTexts) {
  const [answer, thoughts] = [positive(answerTokens), positive(thinkingTokens)]
  if (answer === null || thoughts === null) return null
  const agent = {
    ...(subagentModel.trim() !== '' && { subagent_model: subagentModel.trim() }),
    ...(answer !== undefined && { max_output_tokens: Math.ceil(answer) }),
    ...(thoughts !== undefined && { max_thinking_tokens: Math.ceil(thoughts) }),
  }
  return {
    ...(model.trim() !== '' && { model: model.trim() }),
    ...(effort !== '' && { effort }),
    ...(base.trim() !== '' && { base: base.trim() }),
    ...(Object.keys(agent).length > 0 && { agent }),
  }
}
