import { useEffect } from 'react'
import { create } from 'zustand'

/** The time, for what counts. One timer for all, and only while someone looks. */
const useClock = create<{ readonly nowMs: number }>(() => ({ nowMs: Date.now() }))

let watchers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Milliseconds since 1970, updated each second. */
export function useNow(): number {
  useEffect(() => {
    watchers += 1
    timer ??= setInterval(() => useClock.setState({ nowMs: Date.now() }), 1_000)
    return () => {
      watchers -= 1
      if (watchers > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return useClock(({ nowMs }) => nowMs)
}
