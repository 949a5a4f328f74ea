import type { ReactNode } from 'react'
import { copyText } from '../parts/copy.tsx'
import { useIsDesktop } from '../stores/live.ts'
import { showNotice } from '../stores/notices.ts'

/** A link that an agent wrote, with the host that it leads to. Whatever is no page of the web stays text. */
export function OutsideLink({ address, children }: { address: string; children: ReactNode }) {
  const isDesktop = useIsDesktop()
  const host = hostOf(address)
  if (host === null) {
    return (
      <span>
        {children} <code>{address}</code>
      </span>
    )
  }
  const where = <span className="caption"> ({host})</span>
  // The page of the app opens nothing.
  if (isDesktop) {
    return (
      <button type="button" className="link" title={address} onClick={() => void copyAddress(address)}>
        {children}
        {where}
      </button>
    )
  }
  return (
    <a href={address} title={address} target="_blank" rel="noopener noreferrer nofollow" referrerPolicy="no-referrer">
      {children}
      {where}
    </a>
  )
}

async function copyAddress(address: string): Promise<void> {
  if (await copyText(address)) showNotice({ title: 'Address copied', body: address, place: null })
}

/** Null unless it is an address of the web, without a user's name that could pass for a host. */
function hostOf(address: string): string | null {
  const url = URL.parse(address)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null
  return url.username === '' && url.password === '' ? url.host : null
}
