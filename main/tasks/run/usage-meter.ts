import { z } from 'zod'
import { BoundedLines } from '../../lib/guest/bounded-lines.ts'
import { parseGuestLine } from '../../lib/guest/guest-json.ts'

/** A figure beyond all reason would make the sum infinite. */
const count = z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).catch(0)

/** A message of the agent's, as its stream tells it; the same message comes once for each of its blocks. */
const messageSchema = z.object({
  type: z.literal('assistant'),
  message: z.object({
    id: z.string().max(200),
    usage: z.object({
      input_tokens: count,
      cache_creation_input_tokens: count,
      cache_read_input_tokens: count,
      output_tokens: count,
    }),
  }),
})

/** A longer line is ignored: it holds what a tool printed, no message of the agent's. */
const lineLimitBytes = 1024 ** 2
/** Repeats come close together; of older messages only the sum is kept, so that a guest cannot fill the host's memory. */
const rememberedMessages = 1000

/** Adds up what a growing stream of JSON lines says of tokens. The stream is the guest's: whatever does not fit is ignored. */
export class UsageMeter {
  readonly #messages = new Map<string, number>()
  readonly #lines = new BoundedLines(lineLimitBytes)
  #tokens = 0
  /**
   * Input, cached or not, and output so far. Claude Code 2.1.330 tells a message's output as it was when the message began, a few
   * tokens (measured): what it wrote counts as the input of its next message.
   */
  get tokens(): number {
    return this.#tokens
  }

  /** The next bytes of the stream, cut anywhere. */
  add(chunk: Buffer): void {
    for (const line of this.#lines.add(chunk)) this.#addLine(line)
  }

  #addLine(line: string): void {
    if (!line.includes('"assistant"')) return
    const parsed = messageSchema.safeParse(parseGuestLine(line))
    if (!parsed.success) return
    const { id, usage } = parsed.data.message
    const tokens =
      usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens + usage.output_tokens
    const before = this.#messages.get(id) ?? 0
    this.#tokens += Math.max(0, tokens - before)
    this.#messages.delete(id)
    this.#messages.set(id, Math.max(tokens, before))
    const [oldest] = this.#messages.keys()
    if (this.#messages.size > rememberedMessages && oldest !== undefined) this.#messages.delete(oldest)
  }
}
