import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../core/failure.ts'
import { type NetworkSummary, summarize } from '../core/network/network-summary.ts'
import { parseJsonLines } from '../lib/files/json-lines.ts'
import { findTask } from './terminal/find-task.ts'
import type { Terminal } from './terminal/terminal.ts'

const bytes = z.int().nonnegative()
const where = { at: z.string(), host: z.string(), port: z.int() }
const reason = z.enum([
  ...(['not-listed', 'address-refused', 'tls-name', 'path-refused', 'malformed'] as const),
  ...(['server-tools', 'api-past-gateway', 'secret-past-route', 'secret-unknown', 'method-refused'] as const),
  ...(['name-unknown', 'unreachable'] as const),
])
const eventSchema = z.union([
  z.object({ ...where, verdict: z.literal('reached') }),
  z.object({ ...where, verdict: z.enum(['ended', 'api']), up: bytes, down: bytes }),
  z.object({
    ...{ ...where, verdict: z.literal('secret'), secret: z.string(), method: z.string() },
    ...{ status: z.int().nullable(), up: bytes, down: bytes },
  }),
  z.object({ ...where, verdict: z.enum(['refused', 'failed']), reason }),
  z.object({
    at: z.string(),
    verdict: z.literal('full'),
    of: z.enum(['reached', 'ended', 'api', 'secret', 'refused', 'failed']),
  }),
])

/** One line a destination that the task reached or was refused, as the gateway of its machine wrote it down. Needs no server. */
export async function network(terminal: Terminal, idText: string): Promise<void> {
  const files = await findTask(terminal.home, idText)
  const events = parseJsonLines(await read(files.network)).values.flatMap((value) => {
    const event = eventSchema.safeParse(value)
    return event.success ? [event.data] : [] // Of a later version.
  })
  for (const summary of summarize(events)) terminal.say(line(summary))
  for (const event of events) {
    if (event.verdict === 'full') terminal.note(`There was more of '${event.of}' than the log holds: ${files.network}`)
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new AppError('task-busy', 'No network log was kept for this task', {
      hint: 'Tasks have one whose repository has a list of hosts (microvm-orchestrator allow PATH --allow-host HOST) or a secret',
      cause,
    })
  }
}

function line({ host, port, reached, up, down, refused, failed, reason, secrets }: NetworkSummary): string {
  const parts = [
    ...(reached > 0 ? [`reached ${times(reached)}, ${up} bytes up, ${down} bytes down`] : []),
    ...(secrets.length > 0 ? [`with the secret ${secrets.join(', ')}`] : []),
    ...(refused > 0 ? [`refused ${times(refused)} (${reason})`] : []),
    ...(failed > 0 ? [`failed ${times(failed)} (${reason})`] : []),
  ]
  return `  ${host}:${port}: ${parts.join('; ')}`
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
