import { Suspense, useMemo } from 'react'
import { slotCount } from '../../../main/core/task/task.ts'
import type { SlotRow, TaskRow } from '../../../preload/live-state.ts'
import { cost, count } from '../../format.ts'
import { Button } from '../../parts/button.tsx'
import { Choice } from '../../parts/choice.tsx'
import { useKeyHint } from '../../parts/key-names.ts'
import { moveFocus } from '../../parts/move-focus.ts'
import { isRunning, isWaiting } from '../../parts/states.ts'
import { later } from '../../shell/later.ts'
import { ToolBar } from '../../shell/tool-bar.tsx'
import { isNewHome } from '../../stores/guide.ts'
import { setLayout, useLayout } from '../../stores/layout.ts'
import { useSnapshot, useTasks, useTasksThat } from '../../stores/live.ts'
import { go } from '../../stores/navigation.ts'
import { EndedSlot } from './ended-slot.tsx'
import { endedTasks } from './ended-tasks.ts'
import { FreeSlot, Slot } from './slot.tsx'
import { spentToday } from './spent.ts'

const BelowSlots = later(async () => (await import('./below-slots.tsx')).BelowSlots)
const SetupNote = later(async () => (await import('./setup-note.tsx')).SetupNote)
const FirstRun = later(async () => (await import('./first-run.tsx')).FirstRun)

const noSlots: readonly SlotRow[] = []

const runsHere = (row: TaskRow): boolean => isRunning(row) && row.place === undefined
const waitsHere = (row: TaskRow): boolean => isWaiting(row) && row.place === undefined

export function Slots() {
  const layout = useLayout(({ slots }) => slots)
  const slots = useSnapshot((snapshot) => snapshot.slots, noSlots)
  const running = useTasksThat(runsHere)
  const waiting = useTasksThat(waitsHere)
  const isNew = useSnapshot(isNewHome, false)
  const hint = useKeyHint('N')
  const tasks = useTasks()
  const spent = spentToday(tasks)
  // Not by the clock of each second: a card that goes some minutes late is no loss.
  const ended = useMemo(() => endedTasks(tasks, slots, Date.now()), [tasks, slots])
  const about = [
    running.length === 0 ? `All ${slotCount} free` : `${running.length} of ${slotCount} busy`,
    waiting.length > 0 && `${waiting.length} waiting`,
    spent > 0 && `${cost(spent)} today`,
  ]
  return (
    <>
      <ToolBar title="Slots" about={about.filter(Boolean).join(' · ')}>
        {!isNew && (
          <Choice
            label="Layout"
            value={layout}
            options={[
              { value: 'grid', word: 'Grid' },
              { value: 'list', word: 'List' },
            ]}
            onChange={(value) => setLayout({ slots: value })}
          />
        )}
        <Button look="primary" icon="plus" keys={hint} disabled={isNew} onClick={() => go({ view: 'new-task' })}>
          New Task
        </Button>
      </ToolBar>
      {isNew ? (
        <Suspense>
          <FirstRun />
        </Suspense>
      ) : (
        <>
          <Suspense>
            <SetupNote />
          </Suspense>
          {layout === 'list' && <Columns />}
          <ul className={`slots ${layout}`} aria-label={count(slotCount, 'slot')} onKeyDown={moveFocus}>
            {slots.map((slot) => {
              const task = running.find(({ id }) => id === slot.taskId)
              const before = ended.onCards.get(slot.slot)
              return (
                <li key={slot.slot}>
                  {task ? (
                    <Slot slot={slot} task={task} layout={layout} />
                  ) : before ? (
                    <EndedSlot slot={slot} task={before} />
                  ) : (
                    <FreeSlot slot={slot} />
                  )}
                </li>
              )
            })}
          </ul>
          <Suspense>
            <BelowSlots ended={ended.others} waiting={waiting} />
          </Suspense>
        </>
      )}
    </>
  )
}

function Columns() {
  return (
    <div className="slot-columns" aria-hidden="true">
      <span />
      <span>State</span>
      <span>Task and last step</span>
      <span>Phase</span>
      <span className="figures">
        <span>Elapsed</span>
        <span>Tokens</span>
        <span>Cost</span>
      </span>
    </div>
  )
}
