import { readFile } from 'node:fs/promises'
import { run } from './spawn.ts'

/** A pid together with the moment its process started: pids are reused, this pair is not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/**
 * The start time of a living process as its system tells it: clock ticks since boot on Linux (proc(5), field 22 of `stat`),
 * `ps -o lstart=` elsewhere. Undefined when there is no such process, or only its zombie. Throws when that cannot be told, for want of
 * descriptors say: a living process must not be taken for a dead one.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    let stat: string
    try {
      stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ESRCH') return undefined
      throw error
    }
    // The second field is the program's name in parentheses and may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  }
  return await startTimeByPs(pid)
}

/** `ps` writes dates as the user's language and place have them, and those differ between a desktop app and a terminal. */
export const plainPs = { env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' } } as const

/** As `startTimeOf`, by POSIX's means alone. */
export async function startTimeByPs(pid: number): Promise<string | undefined> {
  const { ok, exitCode, problem, stdout } = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], plainPs)
  if (exitCode === null) throw new Error(problem ?? 'ps did not run')
  const [status, ...started] = stdout.trim().split(/\s+/)
  return !ok || !status || status.startsWith('Z') ? undefined : started.join(' ')
}

export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  return pidIsTaken(pid) && (await startTimeOf(pid)) === startTime
}

/** Whether any process has this pid, which costs next to nothing to ask. */
export function pidIsTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Linux tells a process's start in hundredths of a second, whatever the kernel's own tick: USER_HZ, proc(5). */
const ticksPerSecond = 100

/**
 * How long ago the process started, in milliseconds, time asleep included. On Linux by the clock that counts from boot, which no one
 * sets; elsewhere by the system's date. Undefined when the start time cannot be understood.
 */
export async function ageMs({ startTime }: ProcessIdentity): Promise<number | undefined> {
  const startedMs =
    process.platform === 'linux' ? (Number(startTime) * 1000) / ticksPerSecond : Date.parse(`${startTime} UTC`)
  const nowMs =
    process.platform === 'linux' ? Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1000 : Date.now()
  return Number.isFinite(nowMs - startedMs) ? Math.max(0, nowMs - startedMs) : undefined
}
