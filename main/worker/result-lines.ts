import { z } from 'zod'
import { plainModel } from '../core/merge/trailers.ts'
import { totalUsage } from '../core/task/parking.ts'
import type { AgentUsage } from '../core/task/task.ts'
import { BoundedLines } from '../lib/guest/bounded-lines.ts'
import { parseGuestLine } from '../lib/guest/guest-json.ts'
import { scrubText } from '../lib/guest/scrub.ts'

/** The guest's figure; one beyond all reason would not survive the sum and the record. */
const amount = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).catch(0)

/**
 * A line of Claude Code's stream (`--output-format stream-json`) that ends a turn, as far as we read it. An agent has several turns
 * where a command in the background ends after its answer.
 */
const resultLineSchema = z.object({
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
  modelUsage: z.record(z.string(), z.object({ outputTokens: amount })).catch({}),
})

/** The runner writes it before a task goes on that was parked: the lines above are an earlier agent's. */
export const resumedLine = '{"type":"system","subtype":"microvm_resumed"}'

const lineLimitBytes = 1024 ** 2
/** More turns than any agent has; a guest's further lines would only take the host's time. */
const mostTurns = 100_000

/**
 * Adds up what the last agent of a stream took, over all its turns: each result line tells tokens and turns of its own, and the cost
 * of its session so far (measured with 2.1.330). The stream is the guest's: whatever does not fit is skipped.
 */
export class ResultLines {
  readonly #lines = new BoundedLines(lineLimitBytes)
  #usage: AgentUsage | null = null
  #read = 0

  /** The next bytes of the stream, cut anywhere. */
  add(chunk: Buffer): void {
    for (const line of this.#lines.add(chunk)) this.#addLine(line)
  }

  /** At the end of the stream; null when the agent never came to an end of a turn. */
  total(secret = ''): AgentUsage | null {
    this.add(Buffer.from('\n')) // The last line may have no end.
    const usage = this.#usage
    return usage && { ...usage, sessionId: usage.sessionId === null ? null : scrubText(usage.sessionId, secret) }
  }

  #addLine(line: string): void {
    if (line === resumedLine) this.#usage = null
    if (!line.includes('"result"') || this.#read >= mostTurns) return
    const parsed = resultLineSchema.safeParse(parseGuestLine(line))
    if (!parsed.success) return
    this.#read += 1
    const { usage, total_cost_usd, num_turns, session_id, modelUsage } = parsed.data
    const model = plainModel(mostUsed(modelUsage))
    this.#usage = bounded(
      totalUsage(this.#usage, {
        costUsd: total_cost_usd,
        inputTokens: usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens,
        outputTokens: usage.output_tokens,
        turns: num_turns,
        sessionId: session_id,
        ...(model !== undefined && { model }),
      }),
    )
  }
}

const mostUsed = (models: Readonly<Record<string, { readonly outputTokens: number }>>): string | undefined =>
  Object.entries(models).toSorted(([, a], [, b]) => b.outputTokens - a.outputTokens)[0]?.[0]

/** A sum beyond all reason is one that no record could be read with again. */
const bounded = (usage: AgentUsage | null): AgentUsage | null =>
  usage && {
    ...usage,
    costUsd: Math.min(usage.costUsd, Number.MAX_SAFE_INTEGER),
    inputTokens: Math.min(usage.inputTokens, Number.MAX_SAFE_INTEGER),
    outputTokens: Math.min(usage.outputTokens, Number.MAX_SAFE_INTEGER),
    turns: Math.min(usage.turns, Number.MAX_SAFE_INTEGER),
  }

/** Of a whole stream at once. Pure. */
export function parseUsage(stream: string, secret = ''): AgentUsage | null {
  const lines = new ResultLines()
  lines.add(Buffer.from(stream))
  return lines.total(secret)
}
