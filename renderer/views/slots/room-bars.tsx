import { useEffect } from 'react'
import { slotCount } from '../../../main/core/task/task.ts'
import { bytes, cost } from '../../format.ts'
import { useAnswer } from '../../parts/use-answer.ts'
import { useLive, useSettings, useSnapshot } from '../../stores/live.ts'
import { spentByDay, spentToday } from './spent.ts'

/** A disk fills slowly. */
const lookMs = 30_000

/** How much of the host is in use: slots, memory, disk; and what today cost beside the dearest day of late. */
export function RoomBars() {
  const size = useLive(({ host }) => host?.size)
  const memoryMiB = useSettings()?.memoryMiB ?? 0
  const busy = useSnapshot(({ slots }) => slots.filter((it) => it.taskId !== null || it.machineFor !== null).length, 0)
  const tasks = useSnapshot((snapshot) => snapshot.tasks, none)
  const room = useAnswer('diskRoom', {})
  const { again } = room
  useEffect(() => {
    const timer = setInterval(again, lookMs)
    return () => clearInterval(timer)
  }, [again])
  const today = spentToday(tasks)
  const most = Math.max(today, ...spentByDay(tasks).values())
  const disk = room.status === 'ready' ? room.value : null
  return (
    <section className="status room" aria-label="Room on this host">
      <Bar word="Slots" share={busy / slotCount} value={`${busy} of ${slotCount}`} />
      {size && (
        <Bar
          word="Memory"
          share={(busy * memoryMiB) / size.memoryMiB}
          value={`${gib(busy * memoryMiB)} of ${gib(size.memoryMiB)} GiB`}
        />
      )}
      {disk?.freeBytes != null && disk.totalBytes != null && disk.totalBytes > 0 && (
        <Bar word="Disk" share={1 - disk.freeBytes / disk.totalBytes} value={`${bytes(disk.freeBytes)} free`} />
      )}
      <Bar word="Today" share={most > 0 ? today / most : 0} value={cost(today)} />
    </section>
  )
}

const none: readonly never[] = []

const gib = (mib: number): string => (mib / 1024).toFixed(mib % 1024 === 0 ? 0 : 1)

/** Nearly full from here on. */
const scarce = 0.9

function Bar({ word, share, value }: { word: string; share: number; value: string }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)))
  return (
    <div className="room-bar">
      <span>{word}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: no style sheet reaches the bar of a meter element in every theme */}
      <div
        className={share >= scarce && word !== 'Today' ? 'bar scarce' : 'bar'}
        role="meter"
        aria-label={word}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={value}
      >
        <i style={{ width: `${percent}%` }} />
      </div>
      <span className="second">{value}</span>
    </div>
  )
}
