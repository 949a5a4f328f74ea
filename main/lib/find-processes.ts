import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

export interface FoundProcess extends ProcessIdentity {
  /** Of the program, without its folder. */
  readonly name: string
  /** The leader of its process group, which ends with it. */
  readonly leadsGroup: boolean
}

/**
 * Living processes that were started detached and have the text in an argument, or are the children of one. A process whose
 * session is somebody's terminal is none of ours, whatever it names: a user may read a log of a machine. Linux only.
 */
export async function findDetached(text: string): Promise<readonly FoundProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const all = (await Promise.all(pids.map(readProcess))).filter((found) => found !== undefined)
  const named = new Set(all.filter(({ line }) => line.includes(text)).map(({ pid }) => pid))
  const alive = new Set(all.map(({ pid }) => pid))
  return all
    .filter(({ pid, session }) => named.has(session) || (named.has(pid) && !alive.has(session)))
    .map(({ pid, startTime, group, line }) => ({
      pid,
      startTime,
      name: basename(line.split('\0', 1)[0] ?? ''),
      leadsGroup: group === pid,
    }))
}

/** Kills the processes with their groups, and resolves when all are gone. Rejects with the signal's reason when it fires. */
export async function endAll(processes: readonly FoundProcess[], signal: AbortSignal): Promise<void> {
  for (const found of processes) {
    while (await isAlive(found)) {
      signal.throwIfAborted()
      kill(found.leadsGroup ? -found.pid : found.pid)
      await sleep(10)
    }
  }
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // Gone meanwhile.
  }
}

async function readProcess(pid: number) {
  try {
    const [stat, line] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    // The second field is the program's name in parentheses and may hold anything, so count from its end.
    const [state, , group, session, ...later] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return undefined
    return { pid, line, group: Number(group), session: Number(session), startTime: later[15] ?? '' }
  } catch {
    return undefined // It ended while we looked.
  }
}
