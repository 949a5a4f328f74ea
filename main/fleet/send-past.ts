import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { shareNames } from '../tasks/record/task-files.ts'
import type { TaskRecord } from '../tasks/record/task-record.ts'
import { lineOf } from './assignment.ts'
import { channels } from './protocol.ts'

/**
 * Sends what a task that goes on had at its end, as it came from its place: its commits, of which those of its line were found good here, what its agent
 * remembers, and its stream so far, by which the limits of the whole task are told. Nothing for one that begins.
 */
export async function sendPast(
  { task, files }: TaskRecord,
  write: (channel: number, bytes: Buffer) => Promise<void>,
): Promise<void> {
  const line = lineOf(task)
  if (line === null) return
  if (line !== task.startCommit) await sendFile(files.broughtPack, (bytes) => write(channels.work, bytes))
  await sendFile(files.broughtSession, (bytes) => write(channels.session, bytes))
  await sendFile(join(files.share, shareNames.stream), (bytes) => write(channels.stream, bytes))
}

/** Nothing where there is none. */
async function sendFile(path: string, write: (bytes: Buffer) => Promise<void>): Promise<void> {
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) await write(chunk)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
