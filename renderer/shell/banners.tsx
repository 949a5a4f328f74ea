import { Icon } from '../parts/icon.tsx'
import { useLive, useSnapshot } from '../stores/live.ts'

const none: readonly string[] = []

/** What is wrong with the whole: a host that does not answer, and what the host warns of. */
export function Banners() {
  const lost = useLive(({ live }) => (live.status === 'lost' && live.snapshot !== null ? live.failure : null))
  const warnings = useSnapshot((snapshot) => snapshot.warnings, none)
  return (
    <>
      {lost && (
        <div className="banner lost" role="alert">
          <Icon name="plug" />
          <span className="grow">
            <b>{lost.message}.</b> {lost.hint && `${lost.hint}.`}
          </span>
        </div>
      )}
      {warnings.length > 0 && (
        <div className="banner" role="status">
          <Icon name="needs" />
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
