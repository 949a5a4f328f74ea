import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pMap from 'p-map'
import { isAlive, type ProcessIdentity, plainPs } from './process-identity.ts'
import { runOrThrow } from './spawn.ts'

export interface FoundProcess extends ProcessIdentity {
  /** Of the program, without its folder. */
  readonly name: string
  /** The leader of its process group, which ends with it. */
  readonly leadsGroup: boolean
}

/** A desktop session may open 256 files in all. */
const filesAtOnce = 16

/** One line of the system's table of processes. */
interface Process extends ProcessIdentity {
  /** Program and arguments, parted by NULs or, where only `ps` tells them, by spaces. */
  readonly line: string
  readonly group: number
  /**
   * The pid of the session's leader, 0 when that lives in an outer pid namespace (pid_namespaces(7)). By `ps` of the group's leader
   * where that leads a session, else 1: that of another process, which lives.
   */
  readonly session: number
  /** Whose it is, by the real uid; undefined when it has ended. */
  owner(): Promise<number | undefined>
}

/**
 * Living processes that were started detached and have the text in an argument, or are the children of one. A process whose
 * session is another's terminal is none of ours, whatever it names: a user may read a log of a machine. Nor is one of this process's
 * own session, whose leader may well be gone: `nohup`, and every program that is started in a container from outside. Anyone who means to
 * end them names the `users` whose they may be: anybody can name a path of ours in an argument.
 */
export async function findDetached(
  text: string,
  listProcesses = process.platform === 'linux' ? listByProc : listByPs,
  users?: ReadonlySet<number>,
): Promise<readonly FoundProcess[]> {
  const all = await listProcesses()
  const named = new Set(all.filter(({ line }) => line.includes(text)).map(({ pid }) => pid))
  const alive = new Set(all.map(({ pid }) => pid))
  const ownSession = all.find(({ pid }) => pid === process.pid)?.session
  const detached = all
    .filter(({ session }) => session !== 0 && session !== ownSession)
    .filter(({ pid, session }) => named.has(session) || (named.has(pid) && !alive.has(session)))
  const owners = users && (await Promise.all(detached.map(({ owner }) => owner())))
  return detached
    .filter((_, index) => !users || users.has(owners?.[index] ?? -1))
    .map(({ pid, startTime, group, line }) => ({
      pid,
      startTime,
      name: basename(/^[^\0 ]*/.exec(line)?.[0] ?? ''),
      leadsGroup: group === pid,
    }))
}

/**
 * Kills the processes with their groups, and resolves when all are gone that this user may end. Rejects with the signal's reason when it
 * fires.
 */
export async function endAll(processes: readonly FoundProcess[], signal: AbortSignal): Promise<void> {
  for (const found of processes) {
    while (await isAlive(found)) {
      signal.throwIfAborted()
      if (!kill(found.leadsGroup ? -found.pid : found.pid)) break
      await sleep(10)
    }
  }
}

/** False when the process is another user's. */
function kill(target: number): boolean {
  try {
    process.kill(target, 'SIGKILL')
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPERM') return false
    if (code !== 'ESRCH') throw error // Gone meanwhile.
    return true
  }
}

async function listByProc(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  return (await pMap(pids, readProcess, { concurrency: filesAtOnce })).filter((found) => found !== undefined)
}

async function readProcess(pid: number): Promise<Process | undefined> {
  try {
    const [stat, line] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    // The second field is the program's name in parentheses and may hold anything, so count from its end.
    const [state, , group, session, ...later] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return undefined
    const owner = () => ownerByProc(pid)
    return { pid, line, group: Number(group), session: Number(session), startTime: later[15] ?? '', owner }
  } catch {
    return undefined // It ended while we looked.
  }
}

/** Not the owner of its folder in /proc, which is root where a process forbids core dumps (proc(5)). */
async function ownerByProc(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') // It ended while we looked.
  const uid = /^Uid:\t(\d+)/m.exec(status)?.[1]
  return uid === undefined ? undefined : Number(uid)
}

/** By POSIX's means and a status that tells the leader of a session, as macOS and Linux have it. */
export async function listByPs(): Promise<readonly Process[]> {
  const { stdout } = await runOrThrow('ps', ['-A', '-ww', '-o', 'pid=,pgid=,ruid=,stat=,lstart=,command='], plainPs)
  const rows = stdout.split('\n').flatMap((row) => {
    const [, pid, group, uid, status = '', startTime = '', line = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s(.*)$/.exec(row) ?? []
    if (!pid || status.startsWith('Z')) return []
    const owner = async () => Number(uid)
    return [{ pid: Number(pid), group: Number(group), leads: status.includes('s'), startTime, line, owner }]
  })
  const leaders = new Set(rows.filter(({ leads }) => leads).map(({ pid }) => pid))
  return rows.map(({ leads, startTime, ...found }) => ({
    ...found,
    startTime: startTime.split(/\s+/).join(' '),
    session: leads ? found.pid : leaders.has(found.group) ? found.group : 1,
  }))
}
