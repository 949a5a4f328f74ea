import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
  Tool as ToolListing,
} from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { AppError, defect, type Failure, failureText, toFailure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import { withOwnCommand } from '../lib/processes/own-command.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Consumer } from '../tasks/events/event-consumers.ts'
import { currentExchange } from './exchange.ts'
import { cleanText, quoteGuest } from './guest-text.ts'
import { readArguments } from './read-arguments.ts'
import type { Tool } from './tool.ts'

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** A tool as the SDK's server knows it. */
export interface McpTool {
  readonly listing: ToolListing
  call(input: unknown, extra: Extra): Promise<CallToolResult>
}

export interface AdaptOptions {
  readonly tasks: Tasks
  readonly consumer: Consumer
  readonly progressIntervalMs: number
  readonly log: Log
}

/** Everything about a tool that does not change from session to session. */
export function listingOf({ name, title, description, input, output, hints }: Tool): ToolListing {
  return {
    name,
    title,
    description,
    inputSchema: objectSchema(input, 'input'),
    outputSchema: objectSchema(output, 'output'),
    annotations: {
      title,
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive ?? false,
      idempotentHint: hints.idempotent ?? hints.readOnly,
      openWorldHint: false,
    },
  }
}

function objectSchema(schema: z.ZodObject, io: 'input' | 'output'): ToolListing['inputSchema'] {
  return { ...(z.toJSONSchema(schema, { io }) as Record<string, unknown>), type: 'object' }
}

export function adaptTool(tool: Tool, listing: ToolListing, options: AdaptOptions): McpTool {
  return {
    listing,
    call: async (input, extra) => {
      const parsed = tool.input.safeParse(readArguments(tool.input, input))
      if (!parsed.success) return failed(tool, { code: 'argument-invalid', message: issueText(parsed.error) })
      try {
        return answered(quoteGuest(await tool.call(parsed.data, contextOf(extra, options))))
      } catch (error) {
        if (extra.signal.aborted || currentExchange.getStore()?.fate.lost.aborted) throw error
        if (error instanceof AppError) return failed(tool, toFailure(error))
        options.log.error('a tool failed', { tool: tool.name, reason: String(error) })
        return failed(tool, defect)
      }
    },
  }
}

function contextOf(extra: Extra, { tasks, consumer, progressIntervalMs, log }: AdaptOptions) {
  const exchange = currentExchange.getStore()
  if (!exchange) throw new Error('A call came outside of an HTTP exchange')
  const { fate } = exchange
  const token = extra._meta?.progressToken
  return {
    tasks,
    consumer,
    progressIntervalMs,
    // A cancelled call's answer is dropped by the SDK, yet its response ends like any other.
    delivered: fate.flushed.then((flushed) => flushed && !extra.signal.aborted),
    // Most calls answer at once, and a signal of several is dear to make and to forget.
    get signal() {
      return AbortSignal.any([extra.signal, fate.lost])
    },
    progress:
      token === undefined
        ? null
        : ({ done, total, line }: { done: number; total: number; line: string }) => {
            const params = { progressToken: token, progress: done, total, message: line }
            extra
              .sendNotification({ method: 'notifications/progress', params })
              .catch((error: unknown) => log.debug('progress was not sent', { reason: String(error) }))
          },
  }
}

/** The same object twice, as the specification asks: structured, and as text for clients that know only text. */
function answered(value: Record<string, unknown>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value }
}

function failed(tool: Tool, failure: Failure): CallToolResult {
  const { code } = failure
  const message = cleanText(failure.message)
  const hint = failure.hint === undefined ? undefined : withOwnCommand(cleanText(failure.hint))
  const value = { error: failureText({ code, message, ...(hint && { hint }) }), code, ...(hint && { hint }) }
  const { content, structuredContent } = answered(value)
  // Clients hold structured content against the output schema, for failed calls too.
  const fits = tool.output.safeParse(value).success
  return { content, ...(fits && { structuredContent }), isError: true }
}

function issueText(error: z.ZodError): string {
  return error.issues
    .map(
      ({ path, message }) =>
        `${path.join('.') || 'arguments'}: ${message.replace(/, received undefined$/, ', and it is missing')}`,
    )
    .join('; ')
}
