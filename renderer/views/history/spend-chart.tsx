import type { DaySpend } from '../../../preload/history.ts'
import { cost, count } from '../../format.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Days that are drawn, the newest last. */
const shownDays = 60

/** What tasks cost each day, as bars; nothing before there are two days to compare. */
export function SpendChart({ spend }: { spend: readonly DaySpend[] }) {
  const days = filled(spend).slice(-shownDays)
  if (days.length < 2) return null
  const most = Math.max(...days.map(({ costUsd }) => costUsd), 0.01)
  const sum = days.reduce((total, { costUsd }) => total + costUsd, 0)
  const dearest = days.reduce((one, other) => (other.costUsd > one.costUsd ? other : one))
  const words = `${cost(sum)} in ${count(days.length, 'day')}, at most ${cost(dearest.costUsd)} on ${shortDay(dearest.day)}`
  return (
    <figure className="spend">
      <figcaption className="small second">{words}</figcaption>
      <div className="spend-bars" role="img" aria-label={`Cost by day: ${words}`}>
        {days.map(({ day, tasks, costUsd }) => (
          <span key={day} title={`${shortDay(day)}: ${cost(costUsd)}, ${count(tasks, 'task')}`}>
            <i style={{ height: `${Math.max(tasks > 0 ? 4 : 0, (100 * costUsd) / most)}%` }} />
          </span>
        ))}
      </div>
    </figure>
  )
}

/** With the days on which nothing ended. */
function filled(spend: readonly DaySpend[]): readonly DaySpend[] {
  const [first, last] = [spend[0], spend.at(-1)]
  if (!first || !last) return []
  const known = new Map(spend.map((one) => [one.day, one]))
  const length = Math.round((Date.parse(last.day) - Date.parse(first.day)) / dayMs) + 1
  return Array.from({ length: Math.min(length, 366) }, (_, index) => {
    const day = new Date(Date.parse(last.day) - (Math.min(length, 366) - 1 - index) * dayMs).toISOString().slice(0, 10)
    return known.get(day) ?? { day, tasks: 0, costUsd: 0 }
  })
}

const format = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

export const shortDay = (day: string): string => format.format(new Date(`${day}T00:00:00Z`))
