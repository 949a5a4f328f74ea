import { bounds } from '../../../main/core/bounds.ts'
import { modelPattern } from '../../../main/core/task/agent-choice.ts'
import { SelectField, TextField } from '../../parts/fields.tsx'
import { type AttemptTexts, useDraft } from '../../stores/draft.ts'

const counts = Array.from({ length: bounds.attempts.most }, (_, index) => ({
  value: String(index + 1),
  word: index === 0 ? 'One' : String(index + 1),
}))

const choosers = [
  { value: 'me', word: 'By me' },
  { value: 'judge', word: 'By another task' },
] as const

const change = (attempts: AttemptTexts, changed: Partial<AttemptTexts>): void =>
  useDraft.setState({ attempts: { ...attempts, ...changed } })

/** How many agents are given the task, and who chooses among what they made. */
export function AttemptsField({ attempts }: { attempts: AttemptTexts }) {
  const { count, models, judge } = attempts
  const fault = attemptsOf(attempts) === null
  return (
    <>
      <fieldset className="three">
        <legend className="unseen">Attempts</legend>
        <SelectField
          id="task-attempts"
          label="Attempts"
          value={count}
          options={counts}
          onChange={(value) => change(attempts, { count: value })}
        />
        {count !== '1' && (
          <>
            <TextField
              id="attempt-models"
              label="Models, in turn"
              placeholder="opus, sonnet"
              invalid={fault}
              value={models}
              onChange={(value) => change(attempts, { models: value })}
            />
            <SelectField
              id="attempt-chooser"
              label="Chosen"
              value={judge ? 'judge' : 'me'}
              options={choosers}
              onChange={(value) => change(attempts, { judge: value === 'judge' })}
            />
          </>
        )}
      </fieldset>
      {fault && (
        <small className="bad" role="alert">
          Up to {bounds.attempts.most} names of models are needed, with commas between them.
        </small>
      )}
      {count !== '1' && !fault && (
        <small className="second">
          {count} agents work on clones of the same commit, and wait for slots. None is merged before one is chosen
          {judge ? ': when all have ended, another task reads what they made.' : '.'}
        </small>
      )}
    </>
  )
}

/** What `runTask` is to be asked for; null while a name can be none of a model. */
export function attemptsOf({ count, models, judge }: AttemptTexts) {
  if (count === '1') return {}
  const names = models
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length > bounds.attempts.most || names.some((name) => !modelPattern.test(name))) return null
  return { attempts: Number(count), ...(names.length > 0 && { models: names }), ...(judge && { judge }) }
}
