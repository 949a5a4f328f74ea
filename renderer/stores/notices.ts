import { create } from 'zustand'
import type { Failure } from '../../main/core/failure.ts'
import type { Place } from '../../preload/host.ts'

export interface Notice {
  readonly key: number
  readonly tone: 'plain' | 'bad'
  readonly title: string
  readonly body: string
  readonly place: Place | null
  /** Takes back what the notice tells of; absent where that cannot be. */
  readonly undo?: () => unknown
}

/** More are not kept; so many say nothing to a person any more. */
const noticeLimit = 50
/** More are never on screen at once; those before them are counted, and come when there is room. */
export const shownNotices = 4

export const useNotices = create<{ readonly notices: readonly Notice[] }>(() => ({ notices: [] }))

let lastKey = 0

export function showNotice(notice: Omit<Notice, 'key' | 'tone'> & { readonly tone?: Notice['tone'] }): void {
  lastKey += 1
  const added: Notice = { tone: 'plain', ...notice, key: lastKey }
  useNotices.setState(({ notices }) => ({ notices: [...notices, added].slice(-noticeLimit) }))
}

export const showFailure = ({ message, hint }: Failure): void =>
  showNotice({ tone: 'bad', title: message, body: hint ?? '', place: null })

export const dropNotice = (key: number): void =>
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.key !== key) }))

export const dropAllNotices = (): void => useNotices.setState({ notices: [] })
