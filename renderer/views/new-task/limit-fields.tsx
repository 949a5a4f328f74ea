import type { WindowSettings } from '../../../preload/settings.ts'
import { TextField } from '../../parts/fields.tsx'
import type { LimitTexts } from '../../stores/draft.ts'
import { AboveZero } from './above-zero.tsx'
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
    <TextField
      id={`limit-${name}`}
      label={title}
      inputMode="decimal"
      placeholder={standard ?? undefined}
      invalid={fault}
      value={limits[name]}
      onChange={(text) => onChange({ ...limits, [name]: text })}
    >
      {fault && <AboveZero />}
    </TextField>
  )
}
