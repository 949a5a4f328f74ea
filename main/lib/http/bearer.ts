import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether the headers show `Authorization: Bearer TOKEN`. */
export function isAuthorized(
  { authorization }: { readonly authorization?: string | undefined },
  token: string,
): boolean {
  return isSame(authorization ?? '', `Bearer ${token}`)
}

/** Compares digests, so that neither content nor length of a secret shows in the time it takes. */
function isSame(shown: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(expected))
}
