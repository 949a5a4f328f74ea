import { create } from 'zustand'

/** How the user likes to see things, kept in this browser or app; not worth a setting of the host. */
export interface Layout {
  readonly slots: 'grid' | 'list'
  readonly diff: 'split' | 'unified'
}

const key = 'layout'

export const useLayout = create<Layout>(() => ({ slots: 'grid', diff: 'split', ...stored() }))

export function setLayout(change: Partial<Layout>): void {
  useLayout.setState(change)
  const { slots, diff } = useLayout.getState()
  globalThis.localStorage?.setItem(key, JSON.stringify({ slots, diff }))
}

function stored(): Partial<Layout> {
  const [slots, diff] = textOf()
  return { ...(slots === 'list' && { slots }), ...(diff === 'unified' && { diff }) }
}

function textOf(): readonly (string | undefined)[] {
  try {
    const { slots, diff } = JSON.parse(globalThis.localStorage?.getItem(key) ?? '{}') as Record<string, string>
    return [slots, diff]
  } catch {
    // Whatever another version kept there: the defaults do.
    return []
  }
}
