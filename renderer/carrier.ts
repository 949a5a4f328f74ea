import type { Bridge } from '../preload/contract.ts'

/**
 * `lost`: what the host tells does not arrive; `refused`: it does not tell this page anything. After `open` it does, and what was told
 * before may be missing.
 */
export type Link = 'open' | 'lost' | 'refused'

export interface Carrier extends Bridge {
  /** @returns the end of it. */
  watch(watcher: (link: Link) => void): () => void
}
