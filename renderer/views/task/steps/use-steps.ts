import { useEffect, useState } from 'react'
import type { TaskId } from '../../../../main/core/task/task.ts'
import { host } from '../../../api.ts'
import { followSteps, noSteps, type StepsState } from '../../../stores/follow-steps.ts'

/** The steps of a task for as long as the view is shown, and how to ask again after a failure. */
export function useSteps(id: TaskId): { readonly state: StepsState; readonly again: () => void } {
  const [state, setState] = useState(noSteps)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    setState(noSteps)
    void followSteps((range, signal) => host().call('readSteps', { id, ...range }, signal), setState, stop.signal)
    return () => stop.abort()
  }, [id, turn])
  return { state, again: () => setTurn(turn + 1) }
}
