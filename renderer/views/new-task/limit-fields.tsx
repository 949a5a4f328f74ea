import type { WindowSettings } from '../../../preload/settings.ts'
import type { LimitTexts } from '../../stores/draft.ts'
import { positive } from './limits.ts'

interface Props {
  readonly limits: LimitTexts
  readonly settings: WindowSettings | null
  readonly onChange: (limits: LimitTexts) => void
}

/** What a task may take at most; an empty field shows what holds then. */
export function LimitFields({ limits, settings, onChange }: Props) {
  return (
    <fieldset className="three">
      <legend className="unseen">Limits</legend>
      <Field
        name="minutes"
        title="Time, minutes"
        standard={settings && String(settings.taskTimeoutMs / 60_000)}
        limits={limits}
        onChange={onChange}
      />
      <Field
        name="usd"
        title="Cost, US dollars"
        standard={settings && (settings.maxCostUsd?.toFixed(2) ?? 'No limit')}
        limits={limits}
        onChange={onChange}
      />
      <Field
        name="tokens"
        title="Tokens"
        standard={settings && (settings.maxTokens?.toLocaleString('en') ?? 'No limit')}
        limits={limits}
        onChange={onChange}
      />
    </fieldset>
  )
}

interface FieldProps {
  readonly name: keyof LimitTexts
  readonly title: string
  readonly standard: string | null
  readonly limits: LimitTexts
  readonly onChange: (limits: LimitTexts) => void
}

function Field({ name, title, standard, limits, onChange }: FieldProps) {
  const fault = positive(limits[name]) === null
  return (
    <div className="labelled">
      <label htmlFor={`limit-${name}`}>{title}</label>
      <input
        id={`limit-${name}`}
        className="input"
        inputMode="decimal"
        autoComplete="off"
        placeholder={standard ?? undefined}
        aria-invalid={fault}
        value={limits[name]}
        onChange={(event) => onChange({ ...limits, [name]: event.target.value })}
      />
      {fault && (
        <small className="bad" role="alert">
          A number above 0 is needed.
        </small>
      )}
    </div>
  )
}
