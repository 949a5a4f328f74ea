import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Log } from '../lib/log.ts'
import { endAll, findDetached } from '../lib/processes/find-processes.ts'
import type { Reaped } from './driver.ts'
import { machineUsers } from './helper-user.ts'
import { readRecord } from './record.ts'
import { removeRunDirectory } from './run-directory.ts'
import { isPrivateFolder, runRoots } from './run-root.ts'

/** A folder gets its record, before any process, within a moment; one that has none after so long was left half made. */
const halfMadeMs = 10 * 60_000

/**
 * Ends every machine of this owner that no one keeps: hypervisor and helpers, found by the run directory that their arguments
 * name, so that none hides which was started a moment before a crash; then the folder with its sockets. A folder whose record
 * names another owner, or cannot be read, is left alone.
 */
export async function reapMachines(
  owner: string,
  keep: (name: string) => boolean,
  log: Log,
  signal: AbortSignal,
): Promise<readonly Reaped[]> {
  const reaped: Reaped[] = []
  const users = await machineUsers()
  for (const path of await runDirectories()) {
    const name = basename(path)
    const record = await readRecord(path).catch(() => undefined)
    if (!record && !(await isHalfMade(path))) continue
    if ((record && record.owner !== owner) || keep(name)) continue
    const processes = await findDetached(`${path}/`, undefined, users)
    if (keep(name)) continue // It may have been started while we looked.
    await endAll(processes, signal)
    await removeRunDirectory(path)
    log.info('leftovers of a machine removed', { machine: name, processes: processes.length })
    reaped.push(...processes.map((found) => ({ machine: name, name: found.name, pid: found.pid })))
  }
  return reaped
}

/** The run directories in every place where a machine may have been started, without those that another user put there. */
async function runDirectories(): Promise<readonly string[]> {
  const paths: string[] = []
  for (const root of runRoots()) {
    if (!(await isPrivateFolder(root))) continue
    paths.push(...(await folderNames(root)).map((name) => join(root, name)))
  }
  return paths
}

async function isHalfMade(path: string): Promise<boolean> {
  const names = await folderNames(path)
  if (names.includes('machine.json')) return false // Not ours to understand.
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
  return Date.now() - mtimeMs > halfMadeMs
}

async function folderNames(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
