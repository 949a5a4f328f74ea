import { z } from 'zod'
import type { Step } from '../../../preload/task-details.ts'
import type { AgentUsage } from '../../core/task/task.ts'
import { visibleFormat } from '../../core/visible-text.ts'
import { parseGuestLine } from '../../lib/guest/guest-json.ts'
import { singleLineText, terminalTextFilter } from '../../lib/guest/terminal-text.ts'

const at = z.iso.datetime({ offset: true }).nullable().catch(null).default(null)

/** Blocks of a message that we know; any other becomes `undefined` and is ignored. */
const blockSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('thinking'), thinking: z.string() }),
    z.object({
      type: z.literal('tool_use'),
      id: z.string().max(200),
      name: z.string().max(200),
      input: z.record(z.string(), z.unknown()).catch({}),
    }),
    z.object({
      type: z.literal('tool_result'),
      tool_use_id: z.string().max(200),
      content: z.unknown(),
      is_error: z.boolean().nullish(),
    }),
  ])
  .optional()
  .catch(undefined)

const count = z.number().nonnegative().catch(0)

/** Lines of Claude Code's `--output-format stream-json` that say something to a person. */
const lineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.enum(['assistant', 'user']),
    timestamp: at,
    // Of an agent that another one started: the tool by which it did.
    parent_tool_use_id: z.string().max(200).nullable().catch(null).default(null),
    message: z.object({ content: z.array(blockSchema) }),
  }),
  z.object({
    type: z.literal('result'),
    timestamp: at,
    is_error: z.boolean().catch(false),
    subtype: z.string().catch('success'),
    result: z.string().catch(''),
    total_cost_usd: count,
    num_turns: count,
    session_id: z.string().max(200).nullable().catch(null),
    usage: z
      .object({
        input_tokens: count,
        cache_creation_input_tokens: count,
        cache_read_input_tokens: count,
        output_tokens: count,
      })
      .partial()
      .catch({}),
  }),
])

type Line = z.output<typeof lineSchema>

const stepLimit = 5_000
const saidLimit = 8_000
const subjectLimit = 300
const outputLimit = 4_000
/** Of all texts together, in characters; what comes when they are full is cut to a line. */
const budget = 4 * 1024 ** 2

/** The input of a tool that says best what it is about, by the names that Claude Code's tools use. */
const subjects = ['command', 'file_path', 'notebook_path', 'path', 'pattern', 'url', 'query', 'description', 'prompt']

/**
 * Claude's steps as its stream tells them, each with the number of the change that made it what it is. The same lines give the same
 * numbers, so a reader who knows the steps up to a number can ask for what came after it, regardless of who reads the stream. The stream is the
 * guest's: what does not fit is ignored, and no stream makes more than some thousand steps of some thousand characters.
 */
export class StepLog {
  readonly #steps: Step[] = []
  readonly #changedAt: number[] = []
  readonly #open = new Map<string, number>()
  /** Where each tool stands, running or not. */
  readonly #tools = new Map<string, number>()
  #changes = 0
  #taken = 0

  /** The number of the last change. */
  get changes(): number {
    return this.#changes
  }

  add(line: string): void {
    const parsed = lineSchema.safeParse(parseGuestLine(line))
    if (parsed.success) this.#read(parsed.data)
  }

  /** The steps from the first one on that changed after that number. */
  since(changes: number): { readonly from: number; readonly steps: readonly Step[] } {
    const known = changes > this.#changes ? 0 : changes // Of a stream that was started over.
    const first = this.#changedAt.findIndex((number) => number > known)
    const from = first < 0 ? this.#steps.length : first
    return { from, steps: this.#steps.slice(from) }
  }

  /** What was said or done last, the newest last. */
  last(count: number): readonly Step[] {
    return this.#steps
      .slice(-4 * count)
      .filter(({ kind }) => kind !== 'thought')
      .slice(-count)
  }

  #read(line: Line): void {
    if (line.type === 'result') {
      this.#end(line)
      return
    }
    const parent = line.parent_tool_use_id === null ? undefined : this.#tools.get(line.parent_tool_use_id)
    const where = { at: line.timestamp, ...(parent !== undefined && { within: parent }) }
    for (const block of line.message.content) {
      if (block?.type === 'text' && line.type === 'assistant') {
        const text = this.#text(block.text, saidLimit)
        if (text.trim() !== '') this.#push({ kind: 'said', ...where, text })
      }
      if (block?.type === 'thinking' && line.type === 'assistant') {
        const text = this.#text(block.thinking, saidLimit)
        if (text.trim() !== '') this.#push({ kind: 'thought', ...where, text })
      }
      if (block?.type === 'tool_use' && this.#steps.length < stepLimit) {
        this.#open.set(block.id, this.#steps.length)
        this.#tools.set(block.id, this.#steps.length)
        const tool = singleLineText(block.name).slice(0, 80)
        const subject = this.#line(subjectOf(block.input))
        this.#push({ kind: 'tool', ...where, tool, subject, output: null, failed: false })
      }
      if (block?.type === 'tool_result') this.#answer(block.tool_use_id, block.content, block.is_error === true)
    }
  }

  #answer(id: string, content: unknown, failed: boolean): void {
    const index = this.#open.get(id)
    const step = index === undefined ? undefined : this.#steps[index]
    if (index === undefined || step?.kind !== 'tool') return
    this.#open.delete(id)
    this.#steps[index] = { ...step, output: this.#text(printed(content), outputLimit), failed }
    this.#changedAt[index] = ++this.#changes
  }

  #end({
    timestamp,
    is_error,
    subtype,
    result,
    total_cost_usd,
    num_turns,
    session_id,
    usage,
  }: Line & { type: 'result' }) {
    const { input_tokens = 0, cache_creation_input_tokens = 0, cache_read_input_tokens = 0, output_tokens = 0 } = usage
    const spent: AgentUsage = {
      costUsd: total_cost_usd,
      inputTokens: input_tokens + cache_creation_input_tokens + cache_read_input_tokens,
      outputTokens: output_tokens,
      turns: num_turns,
      sessionId: session_id,
    }
    const success = !is_error && subtype === 'success'
    this.#push({ kind: 'ended', at: timestamp, success, text: this.#text(result, saidLimit), usage: spent })
  }

  #push(step: Step): void {
    if (this.#steps.length > stepLimit) return
    const last = this.#steps.length === stepLimit && step.kind !== 'ended'
    this.#steps.push(last ? { kind: 'said', at: null, text: 'There is more in claude-stream.jsonl.' } : step)
    this.#changedAt.push(++this.#changes)
  }

  #line(text: string): string {
    return this.#text(singleLineText(visibleFormat(text.slice(0, 4 * subjectLimit))), subjectLimit)
  }

  /** What may be shown of a text: no control characters, nothing hidden, no more than the limit and what is left of the budget. */
  #text(text: string, limit: number): string {
    const room = this.#taken < budget ? limit : 80
    const safe = terminalTextFilter()(visibleFormat(text.slice(0, 2 * room)))
    const shown = safe.length > room ? `${safe.slice(0, room - 1)}…` : safe
    this.#taken += shown.length
    return shown
  }
}

function subjectOf(input: Readonly<Record<string, unknown>>): string {
  const named = subjects.map((name) => input[name]).find((value) => typeof value === 'string')
  const first = named ?? Object.values(input).find((value) => typeof value === 'string')
  return typeof first === 'string' ? first : ''
}

/** What a tool printed: a text, or blocks of which the texts count. */
function printed(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const texts = content.flatMap((block: unknown) => {
    const text = typeof block === 'object' && block !== null && 'text' in block ? block.text : undefined
    return typeof text === 'string' ? [text] : []
  })
  return texts.join('\n')
}
