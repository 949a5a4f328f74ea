import { useRef, useState } from 'react'

/** An action that does nothing more while what it returned is not settled: what costs or publishes is done once, however often it is asked for. */
export function useOnce(action: (() => unknown) | undefined): { act: () => void; isActing: boolean } {
  const acting = useRef(false)
  const [isActing, setActing] = useState(false)
  const act = async (): Promise<void> => {
    if (acting.current) return
    const answer = action?.()
    if (!(answer instanceof Promise)) return
    acting.current = true
    setActing(true)
    try {
      await answer
    } finally {
      acting.current = false
      setActing(false)
    }
  }
  return { act: () => void act(), isActing }
}
