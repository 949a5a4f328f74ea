import { readdirSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** A tenth of the processors where others want them. */
const steps = 10

/** Has the threads of a process give way to others on busy processors, for good. Does nothing where the system does not allow it. Linux alone. */
export function comeLast(pid: number): void {
  attempt(() => writeFileSync(`/proc/${pid}/autogroup`, `${steps}`)) // Between sessions of a desktop only this counts.
  attempt(() => {
    for (const thread of readdirSync(`/proc/${pid}/task`).map(Number))
      attempt(() => setPriority(thread, Math.min(19, getPriority(thread) + steps)))
  })
}

function attempt(act: () => void): void {
  try {
    act()
  } catch {
    // The process or thread is gone, or another user's.
  }
}
