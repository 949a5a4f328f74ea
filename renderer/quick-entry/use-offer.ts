import { useCallback, useEffect, useState } from 'react'
import type { Failure } from '../../main/core/failure.ts'
import type { QuickEntry } from '../../preload/host.ts'
import { host } from '../api.ts'

type Offer =
  | { readonly status: 'asking' }
  | { readonly status: 'offered'; readonly entry: QuickEntry }
  | { readonly status: 'refused'; readonly failure: Failure }

/** What the panel offers, asked again each time that it comes to be seen; `onShown` is called then. */
export function useOffer(onShown: () => void): Offer {
  const [offer, setOffer] = useState<Offer>({ status: 'asking' })
  const ask = useCallback(async (): Promise<void> => {
    const reply = await host().call('quickEntry', {})
    setOffer(reply.ok ? { status: 'offered', entry: reply.value } : { status: 'refused', failure: reply.failure })
  }, [])
  useEffect(() => {
    void ask()
    return host().listen('quickEntryShown', () => {
      onShown()
      void ask()
    })
  }, [ask, onShown])
  return offer
}
