import { readdir, readFile } from 'node:fs/promises'

export interface MachineProcess {
  readonly pid: number
  /** Its arguments and its environment. */
  readonly words: string
  /** Bytes in memory, shared ones included. */
  readonly residentBytes: number
}

/** The processes of this host that belong to a machine: each has its name in an argument. Linux only. */
export async function processesOf(machine: string): Promise<readonly MachineProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8')
        if (!command.includes(`/${machine}/`)) return []
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '') // Not ours to read: then no one else's.
        const resident = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
        return [{ pid: Number(pid), words: `${command}\0${environment}`, residentBytes: Number(resident ?? 0) * 1024 }]
      } catch {
        return [] // Gone between the listing and the reading.
      }
    }),
  )
  return found.flat()
}
