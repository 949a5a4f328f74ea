import { hasTextUnderWay } from './message.ts'
import type { Task } from './task.ts'

/** Each is an event of the task and one for those who listen: a guest that says it more often works all the time. */
const mostWaits = 400

/** A guest is given some time to come to its end once it has waited long enough. */
const graceMs = 60_000

/** Whether an agent at work is believed that it has nothing to do: one that has a text to read has. Pure. */
export const mayWait = ({ messages, waits }: Pick<Task, 'messages' | 'waits'>): boolean =>
  waits < mostWaits && !hasTextUnderWay(messages)

/** Whether the agent is silent because it waits for its user, and has a right to. `now` in ms since the epoch. Pure. */
export const waitsForUser = ({ state }: Pick<Task, 'state'>, now: number): boolean =>
  state.phase === 'waiting' && now < Date.parse(state.until) + graceMs
