import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { TaskId } from '../../main/core/task/task.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { copyAndSay } from '../parts/copy.tsx'
import { Entry, type MenuItem } from '../parts/menu.tsx'
import { isConflict, isToReview } from '../parts/states.ts'
import { useTask } from '../stores/live.ts'
import { go } from '../stores/navigation.ts'
import { landingOf } from '../views/task/landing/landing-of.ts'
import { canMergeNow, mergeNow } from '../views/task/merge-now.ts'
import { runAgain } from '../views/task/run-again.ts'
import { CleanUp, Stop } from '../views/task/task-dialogs.tsx'

interface Spot {
  readonly id: TaskId
  /** CSS pixels of the window. */
  readonly x: number
  readonly y: number
}

/** A right click on a task, wherever it is shown, or the menu key on it: what can be done with it. */
export function TaskMenu() {
  const [spot, setSpot] = useState<Spot | null>(null)
  const [asking, setAsking] = useState<{ readonly kind: 'stop' | 'clean-up'; readonly row: TaskRow } | null>(null)
  useEffect(() => {
    const onMenu = (event: MouseEvent): void => {
      const task = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-task]') : null
      // What is selected is to be copied, by the browser's own menu.
      if (!task?.dataset.task || !(getSelection()?.isCollapsed ?? true)) return
      event.preventDefault()
      setSpot({ id: task.dataset.task as TaskId, x: event.clientX, y: event.clientY })
    }
    window.addEventListener('contextmenu', onMenu)
    return () => window.removeEventListener('contextmenu', onMenu)
  }, [])
  const onClose = (): void => setAsking(null)
  return (
    <>
      {spot && (
        <Open
          key={`${spot.id} ${spot.x} ${spot.y}`}
          spot={spot}
          onLeave={() => setSpot(null)}
          onAsk={(kind, row) => setAsking({ kind, row })}
        />
      )}
      {asking?.kind === 'stop' && <Stop row={asking.row} onClose={onClose} />}
      {asking?.kind === 'clean-up' && <CleanUp row={asking.row} onClose={onClose} onDone={() => undefined} />}
    </>
  )
}

interface OpenProps {
  readonly spot: Spot
  readonly onLeave: () => void
  readonly onAsk: (kind: 'stop' | 'clean-up', row: TaskRow) => void
}

function Open({ spot, onLeave, onAsk }: OpenProps) {
  const { id } = spot
  const row = useTask(id)
  const box = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState({ left: spot.x, top: spot.y })
  const [from] = useState(() => document.activeElement)
  const leave = (): void => {
    onLeave()
    if (from instanceof HTMLElement) from.focus({ preventScroll: true })
  }
  useLayoutEffect(() => {
    const menu = box.current
    if (!menu) return
    const { width, height } = menu.getBoundingClientRect()
    setPlace({
      left: Math.max(4, Math.min(spot.x, innerWidth - width - 4)),
      top: Math.max(4, Math.min(spot.y, innerHeight - height - 4)),
    })
    menu.querySelector<HTMLElement>('button:enabled')?.focus({ preventScroll: true })
  }, [spot])
  useEffect(() => {
    const close = (event: PointerEvent): void => {
      if (!box.current?.contains(event.target as Node)) onLeave()
    }
    document.addEventListener('pointerdown', close)
    return () => document.removeEventListener('pointerdown', close)
  }, [onLeave])
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation()
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      leave()
    }
    if (step === undefined) return
    event.preventDefault()
    const all = [...(box.current?.querySelectorAll<HTMLElement>('button:enabled') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + step + all.length) % all.length]?.focus()
  }
  return (
    <div
      ref={box}
      className="menu at-pointer"
      role="menu"
      aria-label="Actions for this task"
      style={place}
      onKeyDown={onKeyDown}
    >
      {itemsOf(id, row, onAsk).map(({ icon, word, onChoose }) => (
        <Entry
          key={word}
          icon={icon}
          disabled={false}
          checked={undefined}
          onChoose={() => {
            leave()
            onChoose()
          }}
        >
          {word}
        </Entry>
      ))}
    </div>
  )
}

/** Of a task that is too old to be known here, only what needs no state. */
function itemsOf(id: TaskId, row: TaskRow | undefined, onAsk: OpenProps['onAsk']): readonly MenuItem[] {
  const open: MenuItem = { icon: 'open', word: 'Open', onChoose: () => go({ view: 'task', id }) }
  const copy: MenuItem = { icon: 'copy', word: 'Copy Task ID', onChoose: () => void copyAndSay(id, 'the task’s id') }
  if (!row) return [open, copy]
  const { ref, state } = row
  const plan: readonly MenuItem[] =
    row.plan || row.after ? [{ icon: 'list', word: 'Show Plan', onChoose: () => go({ view: 'plan', id }) }] : []
  const attempts: readonly MenuItem[] = row.attempt
    ? [{ icon: 'list', word: 'Compare Attempts', onChoose: () => go({ view: 'attempts', id }) }]
    : []
  const changes: MenuItem = {
    ...{ icon: 'file', word: 'Show Changes' },
    onChoose: () => go({ view: 'task', id, chosen: { tab: 'changes' } }),
  }
  const stop = (word: string): MenuItem => ({ icon: 'stop', word, onChoose: () => onAsk('stop', row) })
  if (state.phase !== 'finished') return [open, changes, ...plan, ...attempts, stop('Stop…'), copy]
  const waiting: readonly MenuItem[] = [
    ...(isToReview(row)
      ? [{ icon: 'checks', word: 'Review…', onChoose: () => go({ view: 'review', id }) } as const]
      : []),
    ...(isConflict(row)
      ? [{ icon: 'merge', word: 'Resolve…', onChoose: () => go({ view: 'resolve', id }) } as const]
      : []),
    ...(canMergeNow(row) ? [{ icon: 'merge', word: 'Merge Now', onChoose: () => void mergeNow(row) } as const] : []),
  ]
  return [
    open,
    changes,
    ...plan,
    ...attempts,
    ...(landingOf(row) ? [stop('Take It Out…')] : waiting),
    { icon: 'again', word: 'Run Again', onChoose: () => void runAgain(row) },
    copy,
    ...(ref === null
      ? []
      : [{ icon: 'copy', word: 'Copy Ref', onChoose: () => void copyAndSay(ref, 'the ref') } as const]),
    { icon: 'trash', word: 'Clean Up…', onChoose: () => onAsk('clean-up', row) },
  ]
}
