import { appendFile, open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'
import type { MergeView, ResultView } from '../../core/task/view.ts'
import { writeAtomically } from '../../lib/files/atomic-file.ts'
import { completeLines } from '../../lib/files/json-lines.ts'
import { unusable } from '../../lib/files/private-folder.ts'
import type { Log } from '../../lib/log.ts'
import { parsedJson } from '../../lib/parsed-json.ts'
import { type LoggedEvent, requestNews } from './logged-event.ts'

const ofAll = {
  seq: z.int().positive(),
  at: z.iso.datetime(),
  taskId: z.custom<TaskId>((value) => typeof value === 'string' && parseTaskId(value) !== undefined),
  repo: z.string(),
  owner: z.string().nullable(),
}

const loggedEnd = z.object({
  ...ofAll,
  type: z.enum(['completed', 'failed']),
  result: z.custom<ResultView | null>((value) => typeof value === 'object'),
  mergeResult: z.custom<MergeView | null>((value) => typeof value === 'object'),
  error: z.string().nullable(),
  notes: z.array(z.string()).optional(),
})

const loggedIdle = z.object({
  ...ofAll,
  type: z.literal('idle'),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  said: z.string().nullable(),
})

const loggedRequest = z.object({
  ...ofAll,
  type: z.literal('pull_request'),
  what: z.enum(requestNews),
  number: z.int().positive(),
  url: z.string(),
  commit: z.string().optional(),
  comment: z.string().optional(),
  said: z.string().optional(),
})

const loggedEventSchema: z.ZodType<LoggedEvent> = z.discriminatedUnion('type', [loggedEnd, loggedIdle, loggedRequest])

/**
 * The events on disk, oldest first, and how many lines were no events. Such lines are moved to `PATH.damaged` and logged, so
 * that none is lost unseen; a torn last line was never acknowledged to anybody, and anyone who opens the file for writing cuts it off.
 */
export async function readEvents(
  path: string,
  log: Log,
): Promise<{ readonly events: readonly LoggedEvent[]; readonly damaged: number }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw unusable(path, error)
  })
  const events: LoggedEvent[] = []
  const refused = new Set<number>()
  let number = 0
  for (const line of completeLines(bytes)) {
    number += 1
    const event = parseEvent(line)
    if (event && event.seq > (events.at(-1)?.seq ?? 0)) events.push(event)
    else if (line !== '') refused.add(number)
  }
  if (refused.size > 0) {
    const lines = [...completeLines(bytes)]
    const damaged = lines.filter((_, index) => refused.has(index + 1))
    const kept = lines.filter((line, index) => line !== '' && !refused.has(index + 1))
    await setAside(`${path}.damaged`, damaged)
    await writeAtomically(path, kept.map((line) => `${line}\n`).join(''))
    log.error('lines of the event log are damaged; they were moved aside', {
      from: path,
      to: `${path}.damaged`,
      lines: refused.size,
    })
  }
  return { events, damaged: refused.size }
}

/** Undefined where it is none: the caller sets it aside. */
const parseEvent = (line: string): LoggedEvent | undefined => loggedEventSchema.safeParse(parsedJson(line)).data

/** On disk before the lines leave the log, so that a crash between the two leaves them twice and not nowhere. */
async function setAside(path: string, lines: readonly string[]): Promise<void> {
  await appendFile(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
  await using file = await open(path, 'r')
  await file.sync()
}
