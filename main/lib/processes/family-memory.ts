import { readdirSync, readFileSync } from 'node:fs'
import { plainPs } from './process-identity.ts'
import { run } from './spawn.ts'

/** How often it is worth asking: `ps` is a process each time. */
export const memoryLookMs = process.platform === 'linux' ? 200 : 1_000

/**
 * Bytes of memory that a process and all that it started hold as their own: files that they only map are not counted, since the
 * system takes those back as it likes. 0 when it is gone.
 */
export async function familyMemory(pid: number): Promise<number> {
  return process.platform === 'linux' ? memoryByProc(pid) : await memoryByPs(pid)
}

function memoryByProc(leader: number): number {
  let bytes = 0
  const pending = [leader]
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      bytes += Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        pending.push(...children.split(' ').filter(Boolean).map(Number))
      }
    } catch {
      // It ended while we looked, or the kernel does not tell children: what was counted stands.
    }
  }
  return bytes
}

/** By process group, which all that the leader starts are in; `ps` knows resident memory alone. */
export async function memoryByPs(leader: number): Promise<number> {
  const { ok, stdout } = await run('ps', ['-A', '-o', 'pgid=,rss='], plainPs)
  if (!ok) return 0
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/).map(Number))
  return rows.reduce((sum, [group, kilobytes = 0]) => (group === leader ? sum + kilobytes * 1024 : sum), 0)
}
