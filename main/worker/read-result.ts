import { z } from 'zod'
import type { Failure } from '../core/failure.ts'
import { shareNames } from '../core/task/share-names.ts'
import type { AgentUsage, TaskResult } from '../core/task/task.ts'
import { type GuestFileRefusal, openGuestFile, readGuestFile } from '../lib/guest/guest-file.ts'
import { parseGuestJson, parseGuestLine } from '../lib/guest/guest-json.ts'
import { scrub, scrubText } from '../lib/guest/scrub.ts'
import { ResultLines, resumedLine } from './result-lines.ts'

const resultLimitBytes = 1024 ** 2
export const streamTailBytes = 1024 ** 2
const streamLimitBytes = 256 * 1024 ** 2
const summaryLimit = 64 * 1024
const errorLimit = 4 * 1024
const checkLimit = 16 * 1024

/** What the guest's runner writes; anything else in it is ignored. */
const guestResultSchema = z.object({
  success: z.boolean(),
  summary: z.string(),
  files_changed: z.array(z.string()).catch([]),
  error: z.string().nullable(),
  check: z
    .object({
      exit_code: z.int().min(0).max(255).nullable(),
      output: z.string(),
      timed_out: z.literal(true).optional().catch(undefined),
    })
    .nullish()
    .catch(null),
})

/** The last line that holds the marker and has the shape; a line of the guest's that is no JSON says nothing. Pure. */
export function lastLineOf<Shape>(streamTail: string, marker: string, schema: z.ZodType<Shape>): Shape | undefined {
  for (const line of streamTail.split('\n').reverse()) {
    if (line === resumedLine) return undefined
    if (!line.includes(marker)) continue
    const parsed = schema.safeParse(parseGuestLine(line))
    if (parsed.success) return parsed.data
  }
  return undefined
}

/** What the guest left in its share, as data that the host may trust; a Failure says why there is none. `secret` never comes through. */
export async function readResult(share: string, secret: string): Promise<TaskResult | Failure> {
  const read = await readGuestFile(share, shareNames.result, resultLimitBytes)
  if (read.kind === 'refused') return refusedResult(read.why)
  const parsed = parseGuestResult(scrub(read.bytes, secret).toString('utf8'), secret)
  if ('code' in parsed) return parsed
  return { ...parsed, usage: await readUsage(share, secret) }
}

/** What the agent took, as its whole stream tells; null when that cannot be read. */
async function readUsage(share: string, secret: string): Promise<AgentUsage | null> {
  const opened = await openGuestFile(share, shareNames.stream)
  if (opened.kind === 'refused') return null
  await using file = opened.file
  const lines = new ResultLines()
  // Of a longer stream its end, like what is kept of it for people, but the other way about: the last turns count most.
  const start = Math.max(0, opened.size - streamLimitBytes)
  if (opened.size > 0) {
    const bytes = file.createReadStream({ start, end: opened.size - 1, autoClose: false, highWaterMark: 1024 ** 2 })
    for await (const chunk of bytes as AsyncIterable<Buffer>) lines.add(chunk)
  }
  return lines.total(secret)
}

/** Parses the text of `result.json`. The secret may be in it with letters escaped, so its strings are cleaned too. Pure. */
export function parseGuestResult(text: string, secret = ''): Omit<TaskResult, 'usage'> | Failure {
  let json: unknown
  try {
    json = parseGuestJson(text)
  } catch {
    return { code: 'result-invalid', message: 'The guest left a result.json that is no complete JSON' }
  }
  const parsed = guestResultSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return {
      code: 'result-invalid',
      message: `The guest left a result.json of another shape: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
    }
  }
  const { success, summary, files_changed, error, check } = parsed.data
  return {
    success,
    summary: cut(scrubText(summary, secret), summaryLimit),
    filesChanged: files_changed.map((name) => scrubText(name, secret)),
    error: error === null ? null : cut(scrubText(error, secret), errorLimit),
    // What failed is at the end of what a command prints.
    ...(check && {
      check: {
        exitCode: check.exit_code,
        output: scrubText(check.output, secret).slice(-checkLimit),
        ...(check.timed_out && { timedOut: true }),
      },
    }),
  }
}

function refusedResult(why: GuestFileRefusal): Failure {
  if (why === 'missing') {
    return {
      code: 'result-missing',
      message: 'The guest powered off without writing a result',
      hint: 'Its console log says how far it came',
    }
  }
  const what = {
    'too-large': `larger than ${resultLimitBytes} bytes`,
    'not-regular': 'no regular file',
    linked: 'a hard link',
    unreadable: 'unreadable',
  }
  return { code: 'result-invalid', message: `The guest's result.json was refused: it is ${what[why]}` }
}

const cut = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit)}… [cut]`)
