import { type Effort, efforts } from '../../../main/core/task/agent-choice.ts'
import { Select } from '../../parts/select.tsx'
import type { AgentTexts } from '../../stores/draft.ts'

interface Props {
  readonly agent: AgentTexts
  readonly onChange: (agent: AgentTexts) => void
}

const levels = [
  { value: '', word: 'As usual' },
  ...efforts.map((value) => ({ value, word: value.charAt(0).toUpperCase() + value.slice(1) })),
]

/** Which model works, how hard it thinks, and where the task starts. */
export function AgentFields({ agent, onChange }: Props) {
  return (
    <fieldset className="three">
      <legend className="unseen">Agent</legend>
      <div className="labelled">
        <label htmlFor="agent-model">Model</label>
        <input
          id="agent-model"
          className="input"
          autoComplete="off"
          spellCheck={false}
          placeholder="Your own"
          value={agent.model}
          onChange={(event) => onChange({ ...agent, model: event.target.value })}
        />
      </div>
      <div className="labelled">
        <label htmlFor="agent-effort">Effort</label>
        <Select
          id="agent-effort"
          label="Effort"
          value={agent.effort}
          options={levels}
          onChange={(effort) => onChange({ ...agent, effort: effort as Effort | '' })}
        />
      </div>
      <div className="labelled">
        <label htmlFor="agent-base">Start from</label>
        <input
          id="agent-base"
          className="input"
          autoComplete="off"
          spellCheck={false}
          placeholder="What is checked out"
          value={agent.base}
          onChange={(event) => onChange({ ...agent, base: event.target.value })}
        />
      </div>
    </fieldset>
  )
}

/** What `runTask` is to be asked for. */
export const agentOf = ({ model, effort, base }: AgentTexts) => ({
  ...(model.trim() !== '' && { model: model.trim() }),
  ...(effort !== '' && { effort }),
  ...(base.trim() !== '' && { base: base.trim() }),
})
