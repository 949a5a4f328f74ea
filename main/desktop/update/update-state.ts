import { choice, type MenuEntry, text } from '../menu/entries.ts'
import type { ShortNotice } from '../notify/notifier.ts'

/** What is known of newer versions. */
export type UpdateState =
  /** Nothing was asked yet, or no answer came. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'asking' }
  /** This is the newest. */
  | { readonly kind: 'newest' }
  | { readonly kind: 'fetching'; readonly version: string }
  /** It is on this host, checked, and waits for the user to restart the app. */
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'failed'; readonly reason: string }

/** The entry of the menus; undefined where the app does not update itself. Pure. */
export function updateEntry(state: UpdateState | undefined): MenuEntry | undefined {
  switch (state?.kind) {
    case undefined:
      return undefined
    case 'asking':
      return text('Checking for Updates…')
    case 'fetching':
      return text(`Fetching Version ${state.version}…`)
    case 'ready':
      return choice(`Restart to Update to ${state.version}`, { kind: 'install-update' })
    case 'unknown':
    case 'newest':
    case 'failed':
      return choice('Check for Updates…', { kind: 'check-for-updates' })
  }
}

/** Pure. */
export const readyNotice = (version: string): ShortNotice => ({
  title: `Version ${version} is ready`,
  body: 'Restart the app to update it. Tasks at work go on.',
  place: null,
  about: 'update',
  group: 'updates',
  actions: [{ label: 'Restart', action: { kind: 'install-update' } }],
})

/** What a user who asked is told when the answer is there; undefined while it is not, or where a notification tells it. Pure. */
export function answerToUser(state: UpdateState, version: string): { message: string; detail: string } | undefined {
  if (state.kind === 'newest') return { message: 'There is nothing newer.', detail: `This is version ${version}.` }
  if (state.kind === 'failed') return { message: 'No update could be had.', detail: state.reason }
  return undefined
}
