import type { TimedTask } from './timed-task.ts'

/** A complete event of the Trace Event Format; times in microseconds. */
interface TraceEvent {
  readonly name: string
  readonly ph: 'X' | 'M'
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  readonly args?: Readonly<Record<string, string>>
}

const sides = { task: 0, host: 1, guest: 2 } as const

/** Parts that pass inside the machine; the host waits for them. */
const inGuest: ReadonlySet<string> = new Set([
  "boot to the runner's first act",
  'runner before nix develop',
  'nix develop',
  "Claude's start to its first question",
  "Claude's work",
  'result in the guest',
  'what runs there ended and its shares closed',
])

/** The parts of a task on a line for each side, as Perfetto and Chrome read them. Pure. */
export function traceEvents({ startedAt, wallMs, parts }: Pick<TimedTask, 'startedAt' | 'wallMs' | 'parts'>): {
  readonly traceEvents: readonly TraceEvent[]
} {
  const names = Object.entries(sides).map(
    ([name, tid]): TraceEvent => ({ name: 'thread_name', ph: 'M', ts: 0, pid: 1, tid, args: { name } }),
  )
  const event = (name: string, tid: number, from: number, ms: number): TraceEvent => ({
    ...{ name, ph: 'X', ts: Math.round(from * 1000), dur: Math.max(0, Math.round(ms * 1000)), pid: 1, tid },
  })
  let at = startedAt
  const events = [...parts].map(([name, ms]) => {
    const from = at
    at += ms
    return event(name, inGuest.has(name) ? sides.guest : sides.host, from, ms)
  })
  return { traceEvents: [...names, event('task', sides.task, startedAt, wallMs), ...events] }
}
