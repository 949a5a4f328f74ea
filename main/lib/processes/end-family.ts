import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

const lookMs = 3

/**
 * Kills a process that leads its group with all in it, and resolves when no thread of it and of its children is left: a zombie's threads may
 * still be in a call, and its children outlive it by a moment. Linux alone. @throws when it is another user's.
 */
export async function endFamily(leader: ProcessIdentity): Promise<void> {
  if (!(await isAlive(leader))) return
  const family = [leader.pid, ...childrenOf(leader.pid)]
  try {
    process.kill(-leader.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  while (!family.every(isGone)) await sleep(lookMs)
}

function childrenOf(pid: number): readonly number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
    return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number))
  } catch {
    return [] // It ends at this moment, or the kernel does not tell.
  }
}

/** What cannot be told for now is looked at again. */
function isGone(pid: number): boolean {
  try {
    if (readdirSync(`/proc/${pid}/task`).length > 1) return false
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}
