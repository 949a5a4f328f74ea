import { create } from 'zustand'

/** What lies over the window: every action and task by its name, or the keys. */
export const usePalette = create<{ readonly shown: 'commands' | 'keys' | null }>(() => ({ shown: null }))

export const showPalette = (shown: 'commands' | 'keys'): void => usePalette.setState({ shown })
export const closePalette = (): void => usePalette.setState({ shown: null })
