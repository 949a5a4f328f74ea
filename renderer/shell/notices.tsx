import { useEffect, useState, useSyncExternalStore } from 'react'
import { count } from '../format.ts'
import { Button } from '../parts/button.tsx'
import { TitleText } from '../parts/text/title-text.tsx'
import { go } from '../stores/navigation.ts'
import { dropAllNotices, dropNotice, type Notice, shownNotices, useNotices } from '../stores/notices.ts'

const shownMs = 8_000

function useIsHidden(): boolean {
  return useSyncExternalStore(
    (tell) => {
      document.addEventListener('visibilitychange', tell)
      return () => document.removeEventListener('visibilitychange', tell)
    },
    () => document.hidden,
  )
}

/** What happened, in the corner; said by a screen reader when it comes. */
export function Notices() {
  const notices = useNotices((state) => state.notices)
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.length > shownNotices && (
        <div className="notice more">
          <span>{count(notices.length - shownNotices, 'earlier notice')}</span>
          <Button tiny look="plain" onClick={dropAllNotices}>
            Dismiss All
          </Button>
        </div>
      )}
      {notices.slice(-shownNotices).map((notice) => (
        <Shown key={notice.key} notice={notice} />
      ))}
    </div>
  )
}

/** Goes by itself, but not while it is read or cannot be: under the pointer, with the focus in it, in a window that is not seen, or when it tells of a failure. */
function Shown({ notice }: { notice: Notice }) {
  const [held, setHeld] = useState(false)
  const { key, tone, title, body, place, undo } = notice
  const isHidden = useIsHidden()
  const stays = held || isHidden || tone === 'bad'
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => dropNotice(key), shownMs)
    return () => clearTimeout(timer)
  }, [key, stays])
  return (
    <section
      className={`notice ${tone}`}
      aria-label={title}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <b>
        <TitleText text={title} />
      </b>
      <Button tiny look="plain" icon="cross" label="Dismiss" onClick={() => dropNotice(key)} />
      {body && <p>{body}</p>}
      {(place || undo) && (
        <div className="actions">
          {undo && (
            <Button
              tiny
              onClick={() => {
                dropNotice(key)
                return undo()
              }}
            >
              Undo
            </Button>
          )}
          {place && (
            <Button
              tiny
              onClick={() => {
                go(place)
                dropNotice(key)
              }}
            >
              Show
            </Button>
          )}
        </div>
      )}
    </section>
  )
}
