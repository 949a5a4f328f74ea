import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/** What the host could give without swapping, in MiB; undefined where the system does not say. */
export async function availableMemoryMiB(): Promise<number | undefined> {
  if (process.platform === 'darwin') return macBudgetMiB(totalmem() / 2 ** 20)
  return kibibytes(textOf('/proc/meminfo'), 'MemAvailable')
}

/**
 * What a Mac has for all its guests together: their memory lies in processes of the system, and comes back only with a guest's end, so
 * nothing is to be measured. The rest, a quarter but 4 GiB at least, is for everything else. Pure.
 */
export const macBudgetMiB = (physicalMiB: number): number =>
  Math.max(0, Math.floor(physicalMiB - Math.max(4096, physicalMiB / 4)))

/** What the process holds in memory, shared pages included, in MiB; 0 when it is gone, or the system does not say. */
export async function residentMiB(pid: number): Promise<number> {
  return kibibytes(textOf(`/proc/${pid}/status`), 'VmRSS') ?? 0
}

/** Files of `/proc` wait for no disk, and by way of another thread they take ten times as long. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // No such system, or no such process any more.
  }
}

function kibibytes(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
  return match ? Math.floor(Number(match[1]) / 1024) : undefined
}
