import type { Bridge, Reply, RequestName, RequestOf } from '../../preload/contract.ts'

/**
 * `lost`: what the host tells does not arrive; `refused`: it does not tell this page anything. After `open` it does, and what was told
 * before may be missing.
 */
export type Link = 'open' | 'lost' | 'refused'

export interface Carrier extends Bridge {
  /** A browser keeps at most six calls to a server under way: the signal ends one whose answer is of no more use, as one that waits. */
  call<Name extends RequestName>(name: Name, request: RequestOf<Name>, signal?: AbortSignal): Promise<Reply<Name>>
  /** @returns the end of it. */
  watch(watcher: (link: Link) => void): () => void
}
