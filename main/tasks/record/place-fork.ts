import { rename } from 'node:fs/promises'
import { pathExists } from '../../lib/files/look.ts'
import type { TaskRecord } from './task-record.ts'

/** Puts the clone of a fork, which was copied when it was accepted, in its place, and that on record. Can be repeated. */
export async function placeFork(record: TaskRecord): Promise<void> {
  const { files, task } = record
  if (!task.fork || task.startCommit !== null) return
  if (await pathExists(files.copy)) await rename(files.copy, files.repo)
  const { startCommit, branch } = task.fork
  await record.add({ type: 'cloned', startCommit, branch })
}
