import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { followFile } from '../lib/files/follow-file.ts'
import { pathExists } from '../lib/files/look.ts'
import { terminalTextFilter } from '../lib/guest/terminal-text.ts'
import type { TaskFiles } from '../tasks/record/task-files.ts'
import { findTask } from './terminal/find-task.ts'
import type { Terminal } from './terminal/terminal.ts'

/**
 * The console of a task's machine; with `follow` also what is added, until the task has ended. Needs no server.
 * A terminal is shown plain text, because a guest wrote it; a pipe or file gets the bytes.
 */
export async function logs(
  terminal: Terminal,
  idText: string,
  { follow }: { readonly follow: boolean },
): Promise<void> {
  const files = await findTask(terminal.home, idText)
  const isOver = follow ? () => hasEnded(files) : () => Promise.resolve(true)
  const toText = terminal.isTty ? plainText() : undefined
  let empty = true
  for await (const chunk of followFile(files.console, { isOver })) {
    empty = false
    await terminal.write(toText ? toText(chunk) : chunk)
  }
  if (empty) {
    throw new AppError('task-busy', 'The task has no console output yet', {
      hint: 'Its machine has not started to write',
    })
  }
}

function plainText(): (chunk: Buffer) => string {
  const decoder = new TextDecoder()
  const filter = terminalTextFilter()
  return (chunk) => filter(decoder.decode(chunk, { stream: true }))
}

const recordSchema = z.object({ status: z.enum(['pending', 'running', 'completed', 'failed']) })

async function hasEnded({ record, events }: TaskFiles): Promise<boolean> {
  try {
    const { status } = recordSchema.parse(JSON.parse(await readFile(record, 'utf8')))
    return status === 'completed' || status === 'failed'
  } catch (error) {
    // Written after the first event; gone when the task was cleaned up while we watched.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return !(await pathExists(events))
    throw error
  }
}
