import { create } from 'zustand'

/** How the user likes to see things, kept in this browser or app; not worth a setting of the host. */
export interface Layout {
  readonly slots: 'grid' | 'list'
  readonly diff: 'split' | 'unified'
  /** Whether long lines of differences are wrapped. */
  readonly wrap: boolean
  /** Whether lines that differ in blanks alone count as equal. */
  readonly ignoreSpace: boolean
}

const key = 'layout'
const usual: Layout = { slots: 'grid', diff: 'split', wrap: true, ignoreSpace: false }

export const useLayout = create<Layout>(() => ({ ...usual, ...stored() }))

export function setLayout(change: Partial<Layout>): void {
  useLayout.setState(change)
  globalThis.localStorage?.setItem(key, JSON.stringify(useLayout.getState()))
}

/** Whatever another version kept there: what is not known counts as not kept. */
function stored(): Partial<Layout> {
  const { slots, diff, wrap, ignoreSpace } = wordsOf()
  return {
    ...(slots === 'list' && { slots }),
    ...(diff === 'unified' && { diff }),
    ...(wrap === false && { wrap }),
    ...(ignoreSpace === true && { ignoreSpace }),
  }
}

function wordsOf(): Readonly<Record<string, unknown>> {
  try {
    const kept: unknown = JSON.parse(globalThis.localStorage?.getItem(key) ?? '{}')
    return typeof kept === 'object' && kept !== null ? { ...kept } : {}
  } catch {
    return {}
  }
}
