import { readFile } from 'node:fs/promises'

/** What the host could give without swapping, in MiB; undefined where the system does not say (only Linux does). */
export async function availableMemoryMiB(): Promise<number | undefined> {
  return kibibytes(await textOf('/proc/meminfo'), 'MemAvailable')
}

/** What the process holds in memory, shared pages included, in MiB; 0 when it is gone. */
export async function residentMiB(pid: number): Promise<number> {
  return kibibytes(await textOf(`/proc/${pid}/status`), 'VmRSS') ?? 0
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return '' // No such system, or no such process any more.
  }
}

function kibibytes(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
  return match ? Math.floor(Number(match[1]) / 1024) : undefined
}
