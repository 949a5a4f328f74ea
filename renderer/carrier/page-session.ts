/**
 * The window's token in a browser: kept for this tab and origin, so that neither other ports nor other tabs have it, and sent as a header.
 * It comes in the fragment of the address that `serve` prints, which browsers send to no one.
 */
const key = 'microvm-window-token'
const pattern = /^[A-Za-z0-9._~+/-]{32,512}=*$/

export const pageToken = (): string | null => sessionStorage.getItem(key)

/** Takes the token out of the address, where there is one. */
export function takeToken(): boolean {
  const given = /^#token=(.*)$/.exec(location.hash)?.[1]
  if (given === undefined) return false
  history.replaceState(null, '', location.pathname)
  return keepToken(given)
}

/** Keeps the token that the user gave, or that is in the address given; false when there is none in it. */
export function keepToken(text: string): boolean {
  const token = text.trim().replace(/^.*#token=/, '')
  if (!pattern.test(token)) return false
  sessionStorage.setItem(key, token)
  return true
}

/** Whether the server at this address knows the token. Shown before it is: another program may have taken the port meanwhile. */
export async function serverKnows(token: string, base: string): Promise<boolean> {
  // Only on an address that the browser trusts, as those of this host; on others anyone who listens on the way has the token anyway.
  if (!crypto.subtle) return true
  const nonce = crypto.randomUUID()
  const response = await fetch(`${base}/proof?nonce=${nonce}`)
  if (!response.ok) return false
  const { proof } = (await response.json()) as { proof?: unknown }
  const bytes = (text: string) => new TextEncoder().encode(text)
  const secret = await crypto.subtle.importKey('raw', bytes(token), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ])
  const signature = typeof proof === 'string' ? fromBase64url(proof) : new Uint8Array()
  return await crypto.subtle.verify('HMAC', secret, signature, bytes(`${location.host}\n${nonce}`))
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
  } catch {
    return new Uint8Array() // No proof of ours.
  }
}
