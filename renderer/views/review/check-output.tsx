import type { CheckReport } from '../../../main/core/merge/check-report.ts'
import type { MergePolicy } from '../../../main/core/merge/merge-policy.ts'
import { Icon } from '../../parts/icon.tsx'

/** How the repository's check went, and the end of what it printed: guest text. */
export function CheckOutput({ check: { exitCode, output }, policy }: { check: CheckReport; policy: MergePolicy }) {
  const passed = exitCode === 0
  return (
    <details className="check-output" open={!passed}>
      <summary>
        <span className={passed ? 'good' : 'bad'}>
          <Icon name={passed ? 'pass' : 'fail'} size="small" />
        </span>
        <b>{passed ? 'Check succeeded' : 'Check failed'}</b>
        {policy.kind === 'check' && <span className="mono second cut">{policy.command}</span>}
        <span className="small second">
          {exitCode === null ? 'ended by a signal' : !passed && `exit status ${exitCode}`}
        </span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className="output" tabIndex={0} aria-label="What the check printed">
        {output || 'It printed nothing.'}
      </section>
    </details>
  )
}
