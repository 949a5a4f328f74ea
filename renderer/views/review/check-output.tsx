import type { CheckReport } from '../../../main/core/merge/check-report.ts'
import { Icon } from '../../parts/icon.tsx'

/** How the repository's check went, and the end of what it printed: guest text. */
export function CheckOutput({
  check: { exitCode, output, timedOut },
  command,
}: {
  check: CheckReport
  /** null where it is not known any more. */
  command: string | null
}) {
  const passed = exitCode === 0
  return (
    <details className="check-output" open={!passed}>
      <summary>
        <span className={passed ? 'good' : 'bad'}>
          <Icon name={passed ? 'pass' : 'fail'} size="small" />
        </span>
        <b>{passed ? 'Check succeeded' : 'Check failed'}</b>
        {command !== null && <span className="mono second cut">{command}</span>}
        <span className="small second">
          {timedOut
            ? 'ran into its time limit'
            : exitCode === null
              ? 'ended by a signal'
              : !passed && `exit status ${exitCode}`}
        </span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className="output" tabIndex={0} aria-label="What the check printed">
        {output || 'It printed nothing.'}
      </section>
    </details>
  )
}
