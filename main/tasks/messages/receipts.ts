import { z } from 'zod'
import { BoundedLines } from '../../lib/guest/bounded-lines.ts'
import { parseGuestLine } from '../../lib/guest/guest-json.ts'

const lifecycleSchema = z.object({
  type: z.literal('command_lifecycle'),
  command_uuid: z.string(),
  state: z.enum(['started', 'completed']),
})

const controlSchema = z.object({
  type: z.literal('control_response'),
  response: z.object({ subtype: z.literal('success'), request_id: z.string() }),
})

/** Where such a line names the message. */
const namePattern = /"(?:command_uuid|request_id)":"([^"]{1,100})"/

/** These lines have a few hundred bytes. */
const lineLimitBytes = 16 * 1024

/**
 * What a growing stream of Claude Code's says of messages that were sent (measured with 2.1.330). The stream is the guest's: it is asked
 * about ids that the host gave, and whatever else it says of messages is ignored.
 */
export class Receipts {
  readonly #lines = new BoundedLines(lineLimitBytes)
  readonly #sent: (id: string) => boolean
  readonly #delivered = new Set<string>()
  readonly #answered = new Set<string>()

  /** @param sent whether the host sent a message of this id. */
  constructor(sent: (id: string) => boolean) {
    this.#sent = sent
  }

  get delivered(): ReadonlySet<string> {
    return this.#delivered
  }

  get answered(): ReadonlySet<string> {
    return this.#answered
  }

  /** The next bytes of the stream, cut anywhere. */
  add(chunk: Buffer): void {
    for (const line of this.#lines.add(chunk)) this.#addLine(line)
  }

  #addLine(line: string): void {
    const named = namePattern.exec(line)?.[1]
    // A guest may write any number of these: only those that can tell something new are parsed.
    if (named === undefined || !this.#sent(named) || this.#answered.has(named)) return
    if (this.#delivered.has(named) && line.includes('"started"')) return
    const json = parseGuestLine(line)
    const lifecycle = lifecycleSchema.safeParse(json)
    if (lifecycle.success) {
      const { command_uuid: id, state } = lifecycle.data
      if (this.#sent(id)) (state === 'started' ? this.#delivered : this.#answered).add(id)
      return
    }
    const control = controlSchema.safeParse(json)
    if (control.success && this.#sent(control.data.response.request_id))
      this.#answered.add(control.data.response.request_id)
  }
}
