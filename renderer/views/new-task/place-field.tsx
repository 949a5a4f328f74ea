import { SelectField } from '../../parts/fields.tsx'
import { useAnswer } from '../../parts/use-answer.ts'
import { useDraft } from '../../stores/draft.ts'

/** Where the task runs; nothing to choose where there is no other machine. */
export function PlaceField({ place }: { place: string }) {
  const answer = useAnswer('places', {})
  const places = answer.status === 'ready' ? answer.value.places : []
  if (places.length === 0 && place === '') return null
  const chosen = places.find(({ name }) => name === place)
  return (
    <SelectField
      id="task-place"
      label="Where it runs"
      value={place}
      options={[
        { value: '', word: 'This host' },
        ...places.map(({ name, kind }) => ({ value: name, word: `${name} (${kind})` })),
        ...(place !== '' && answer.status === 'ready' && !chosen ? [{ value: place, word: place }] : []),
      ]}
      onChange={(name) => useDraft.setState({ place: name })}
    >
      {place !== '' && (
        <small>
          {chosen?.away
            ? `It was away lately: ${chosen.away}`
            : 'It takes no slot here, and waits there when that is full.'}
        </small>
      )}
    </SelectField>
  )
}
