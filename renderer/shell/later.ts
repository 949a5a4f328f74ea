import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { useLive } from '../stores/live.ts'

type Load<Props> = () => Promise<ComponentType<Props>>

const loaders: (() => Promise<unknown>)[] = []

/** A part that the first view does without, with the styles of all such parts: it is loaded when it is shown, or ahead of that by `loadAhead`. */
export function later<Props>(load: Load<Props>): LazyExoticComponent<ComponentType<Props>> {
  const loadWithStyles = async () => {
    // A server that is away comes back; only what it has not got then, asked for once more, is missing.
    for (let isLast = false; ; ) {
      try {
        const [part] = await Promise.all([load(), import('../styles/later.css')])
        return { default: part }
      } catch (error) {
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        if (useLive.getState().live.status === 'lost') continue
        if (isLast) throw error
        isLast = true
      }
    }
  }
  loaders.push(loadWithStyles)
  return lazy(loadWithStyles)
}

/** Loads all such parts while the browser has nothing else to do, so that none is waited for, and none is missing once the server has gone. */
export function loadAhead(): void {
  requestIdleCallback(async () => {
    for (const load of loaders) await load().catch(() => undefined) // Where it is shown, it is loaded again and says why.
  })
}
