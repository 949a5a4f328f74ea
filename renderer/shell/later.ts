import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { fromServer } from '../stores/from-server.ts'

type Load<Props> = () => Promise<ComponentType<Props>>

const loaders: (() => Promise<unknown>)[] = []

/** A part that the first view does without, with the styles of all such parts: it is loaded when it is shown, or ahead of that by `loadAhead`. */
export function later<Props>(load: Load<Props>): LazyExoticComponent<ComponentType<Props>> {
  const loadWithStyles = async () => {
    const [part] = await fromServer(() => Promise.all([load(), import('../styles/later.css')]))
    return { default: part }
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
