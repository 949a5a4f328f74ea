import { useEffect } from 'react'
import { create } from 'zustand'
import type { HostProblem } from '../../../preload/host.ts'
import { host } from '../../api.ts'
import { count, isCommand } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Command } from '../../parts/copy.tsx'
import { Icon } from '../../parts/icon.tsx'
import { go } from '../../stores/navigation.ts'

/** A look at the host starts programs there, so the last one serves for so long. */
const freshMs = 5 * 60_000

const useProblems = create<{ readonly problems: readonly HostProblem[]; readonly atMs: number }>(() => ({
  problems: [],
  atMs: 0,
}))

/** Why no task can run on this host, with the first cure; nothing where tasks can. */
export function SetupNote() {
  const problems = useProblems((state) => state.problems)
  useEffect(() => {
    if (Date.now() - useProblems.getState().atMs < freshMs) return
    useProblems.setState({ atMs: Date.now() })
    void host()
      .call('setup', {})
      .then((reply) => {
        if (reply.ok) useProblems.setState({ problems: reply.value.problems.filter(({ optional }) => !optional) })
      })
  }, [])
  const [first] = problems
  if (!first) return null
  const more = problems.length - 1
  return (
    <section className="setup-note" aria-label="No task can run">
      <span className="bad">
        <Icon name="fail" />
      </span>
      <div className="grow">
        <b>No task can run: {first.message}</b>
        {isCommand(first.cure) ? <Command text={first.cure} what={`cure of: ${first.message}`} /> : <p>{first.cure}</p>}
      </div>
      <Button onClick={() => go({ view: 'setup' })}>{more > 0 ? `${count(more, 'more thing')}…` : 'Set-up…'}</Button>
    </section>
  )
}
