import { open, readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineHandle } from '../core/task/task.ts'
import { isAlive, type ProcessIdentity, startTimeOf } from '../lib/processes/process-identity.ts'
import { startDetached } from '../lib/processes/start-detached.ts'
import type { Command } from './command.ts'
import { worthwhileLines } from './watch/worthwhile-lines.ts'

type HelperHandle = MachineHandle['helpers'][number]

/** A process that we started detached, as this process sees it. */
export interface HelperProcess {
  readonly handle: HelperHandle
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
}

/** Helpers get no more of our environment than they need: it holds the user's key. */
const environment = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' }

export interface HelperOptions {
  /** What it reads. */
  readonly input?: string
  /** A connection or an open file of ours that it has as its descriptor 3. */
  readonly holds?: Socket | number
}

/** Starts a process in a session of its own, what it says going to the log file. */
export async function startHelper(
  name: string,
  [file, ...args]: Command,
  logPath: string,
  { input, holds }: HelperOptions = {},
): Promise<HelperProcess> {
  const log = await open(logPath, 'a', 0o600)
  try {
    const { pid, ended } = await startDetached(file, args, {
      cwd: '/',
      env: environment,
      stdio: [input === undefined ? 'ignore' : 'pipe', log.fd, log.fd, ...(holds === undefined ? [] : [holds])],
      ...(input !== undefined && { input }),
    })
    // A process that is gone already has no start time; `ended` reports its end.
    return { handle: { name, pid, startTime: (await startTimeOf(pid)) ?? 'gone' }, ended }
  } finally {
    await log.close()
  }
}

/** Kills the process and its children, which share its group, and resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  while (await isAlive(identity)) {
    try {
      process.kill(-identity.pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await sleep(10)
  }
}

/** The last lines of a log file that are worth showing; empty when there is none. */
export async function lastLines(path: string, count = 8): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return worthwhileLines(text).slice(-count).join('\n')
}
