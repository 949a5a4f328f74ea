import { z } from 'zod'
import type { Failure } from '../core/failure.ts'
import type { AgentUsage, TaskResult } from '../core/task.ts'
import { type GuestFileRefusal, readGuestFile, readGuestFileTail } from '../lib/guest-file.ts'
import { scrub, scrubText } from '../lib/scrub.ts'
import { shareNames } from './task-files.ts'

const resultLimitBytes = 1024 ** 2
export const streamTailBytes = 1024 ** 2
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
    .object({ exit_code: z.int().min(0).max(255).nullable(), output: z.string() })
    .nullish()
    .catch(null),
})

/** The guest's figure; one beyond all reason would not survive the sum and the record. */
const amount = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).catch(0)

/** The last line of Claude Code's stream (`--output-format stream-json`), as far as we read it. */
const streamResultSchema = z.object({
  type: z.literal('result'),
  total_cost_usd: amount,
  num_turns: z.int().nonnegative().catch(0),
  session_id: z.string().max(200).nullable().catch(null),
  usage: z
    .object({
      input_tokens: amount,
      cache_creation_input_tokens: amount,
      cache_read_input_tokens: amount,
      output_tokens: amount,
    })
    .catch({ input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }),
})

/** The runner writes it before a task goes on that was parked: the lines above are an earlier agent's. */
const resumedLine = '{"type":"system","subtype":"microvm_resumed"}'

/** The last line that holds the marker and has the shape; a line of the guest's that is no JSON says nothing. Pure. */
export function lastLineOf<Shape>(streamTail: string, marker: string, schema: z.ZodType<Shape>): Shape | undefined {
  for (const line of streamTail.split('\n').reverse()) {
    if (line === resumedLine) return undefined
    if (!line.includes(marker)) continue
    try {
      const parsed = schema.safeParse(JSON.parse(line))
      if (parsed.success) return parsed.data
    } catch {
      // Not JSON.
    }
  }
  return undefined
}

/** What the guest left in its share, as data that the host may believe; a Failure says why there is none. `secret` never comes through. */
export async function readResult(share: string, secret: string): Promise<TaskResult | Failure> {
  const read = await readGuestFile(share, shareNames.result, resultLimitBytes)
  if (read.kind === 'refused') return refusedResult(read.why)
  const parsed = parseGuestResult(scrub(read.bytes, secret).toString('utf8'), secret)
  if ('code' in parsed) return parsed
  const tail = await readGuestFileTail(share, shareNames.stream, streamTailBytes)
  return { ...parsed, usage: parseUsage(tail.toString('utf8'), secret) }
}

/** Parses the text of `result.json`. The secret may be in it with letters escaped, so its strings are cleaned too. Pure. */
export function parseGuestResult(text: string, secret = ''): Omit<TaskResult, 'usage'> | Failure {
  let json: unknown
  try {
    json = JSON.parse(text)
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
      check: { exitCode: check.exit_code, output: scrubText(check.output, secret).slice(-checkLimit) },
    }),
  }
}

/** Finds cost, tokens and turns in the last lines of the agent's stream; null when it never came to an end. Pure. */
export function parseUsage(streamTail: string, secret = ''): AgentUsage | null {
  const line = lastLineOf(streamTail, '"result"', streamResultSchema)
  if (!line) return null
  const { usage, total_cost_usd, num_turns, session_id } = line
  return {
    costUsd: total_cost_usd,
    inputTokens: usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens,
    outputTokens: usage.output_tokens,
    turns: num_turns,
    sessionId: session_id === null ? null : scrubText(session_id, secret),
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
