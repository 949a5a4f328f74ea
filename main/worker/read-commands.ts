import { createReadStream } from 'node:fs'
import { z } from 'zod'
import { cut } from '../core/cut.ts'
import { visibleLine } from '../core/visible-text.ts'
import { BoundedLines } from '../lib/guest/bounded-lines.ts'
import { parseGuestLine } from '../lib/guest/guest-json.ts'

/** A command that the agent's program reported, in one line, and the exit status that it reported; null where it told none. */
interface ToldCommand {
  readonly command: string
  readonly exitStatus: number | null
}

/** The last ones of an agent, oldest first, and how many came before them. */
export interface ToldCommands {
  readonly commands: readonly ToldCommand[]
  readonly earlier: number
}

export const mostCommands = 100
export const commandLimit = 200
const lineLimitBytes = 1024 ** 2
/** More lines than any agent's stream has; a guest's further ones would only take the host's time. */
const mostLines = 500_000

const id = z.string().max(200)
const used = z.object({
  type: z.literal('tool_use'),
  id,
  name: z.literal('Bash'),
  input: z.object({ command: z.string() }),
})
const answered = z.object({
  type: z.literal('tool_result'),
  tool_use_id: id,
  content: z.unknown().optional(),
  is_error: z.boolean().nullish(),
})
/** What tells more of a command that was no error, see `exitStatusOf`. */
const detail = z.object({
  interrupted: z.literal(false),
  returnCodeInterpretation: z.undefined().optional(),
  backgroundTaskId: z.undefined().optional(),
})
const lineSchema = z.object({
  type: z.enum(['assistant', 'user']),
  message: z.object({ content: z.array(z.union([used, answered]).optional().catch(undefined)) }),
  tool_use_result: z.unknown().optional(),
})

/** Reads Claude Code's stream of a guest (`--output-format stream-json`): whatever does not fit is skipped. */
class CommandLog {
  readonly #last = new Map<string, ToldCommand>()
  #earlier = 0
  #lines = 0

  add(line: string): void {
    this.#lines += 1
    if (this.#lines > mostLines || !/"Bash"|"tool_result"/.test(line)) return
    const parsed = lineSchema.safeParse(parseGuestLine(line))
    if (!parsed.success) return
    const { type, message, tool_use_result } = parsed.data
    for (const block of message.content) {
      if (type === 'assistant' && block?.type === 'tool_use') this.#begin(block.id, block.input.command)
      if (type === 'user' && block?.type === 'tool_result') this.#end(block, tool_use_result)
    }
  }

  told(): ToldCommands {
    return { commands: [...this.#last.values()], earlier: this.#earlier }
  }

  #begin(key: string, command: string): void {
    const line = visibleLine(command.slice(0, 4 * commandLimit)).trim()
    this.#last.delete(key) // One that is named twice counts where it was last.
    this.#last.set(key, { command: cut(line, commandLimit), exitStatus: null })
    const [oldest] = this.#last.keys()
    if (this.#last.size <= mostCommands || oldest === undefined) return
    this.#last.delete(oldest)
    this.#earlier += 1
  }

  #end({ tool_use_id, content, is_error }: z.output<typeof answered>, result: unknown): void {
    const known = this.#last.get(tool_use_id)
    if (known) this.#last.set(tool_use_id, { ...known, exitStatus: exitStatusOf(content, is_error === true, result) })
  }
}

/**
 * As Claude Code 2.1.330 tells it (measured): a failure begins with `Exit code N`; what is no error has ended with 0, but for what goes on in the background, was interrupted,
 * or has a status that means something else than a failure, as that of `grep`.
 */
function exitStatusOf(content: unknown, isError: boolean, result: unknown): number | null {
  if (!isError) return detail.safeParse(result).success ? 0 : null
  const [, status] = (typeof content === 'string' && /^Exit code (\d{1,3})(?:\n|$)/.exec(content)) || []
  return status === undefined ? null : Number(status)
}

/** The commands of a checked copy of a stream; none where there is no such file. */
export async function readCommands({ stream }: { readonly stream: string }): Promise<ToldCommands> {
  const log = new CommandLog()
  const lines = new BoundedLines(lineLimitBytes)
  try {
    for await (const chunk of createReadStream(stream)) for (const line of lines.add(chunk as Buffer)) log.add(line)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  for (const line of lines.add(Buffer.from('\n'))) log.add(line) // The last line may have no end.
  return log.told()
}
