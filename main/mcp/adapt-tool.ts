import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js'
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
  Tool as ToolListing,
} from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { readInput, reportFailure } from '../api/failure.ts'
import type { Operation, OperationContext } from '../api/operation.ts'
import { type Failure, failureText } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import { withOwnCommand } from '../lib/processes/own-command.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Consumer } from '../tasks/events/event-consumers.ts'
import { currentExchange } from './exchange.ts'
import { cleanText, quoteGuest } from './guest-text.ts'
import { readArguments } from './read-arguments.ts'

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

/** Everything about an operation's tool that does not change from session to session. */
export function listingOf({ name, title, description, input, output, hints }: Operation): ToolListing {
  if (!output) throw new Error(`The operation ${name} is not for clients: it declares no output`)
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

/** The operation as a tool of one session. */
export function adaptTool(operation: Operation, listing: ToolListing, options: AdaptOptions): McpTool {
  return {
    listing,
    call: async (given, extra) => {
      try {
        const input = readInput(operation.input, readArguments(operation.input, given), 'arguments')
        const answer = await operation.call(input, contextOf(extra, options))
        return answered(quoteGuest(answer as Record<string, unknown>))
      } catch (error) {
        if (extra.signal.aborted || currentExchange.getStore()?.outcome.lost.aborted) throw error
        return failed(operation, reportFailure(error, options.log, 'a tool failed', { tool: operation.name }))
      }
    },
  }
}

function contextOf(extra: Extra, { tasks, consumer, progressIntervalMs, log }: AdaptOptions): OperationContext {
  const exchange = currentExchange.getStore()
  if (!exchange) throw new Error('A call came outside of an HTTP exchange')
  const { outcome } = exchange
  const token = extra._meta?.progressToken
  return {
    tasks,
    by: 'client',
    consumer,
    progressIntervalMs,
    // A cancelled call's answer is dropped by the SDK, yet its response ends like any other.
    delivered: outcome.flushed.then((flushed) => flushed && !extra.signal.aborted),
    // Most calls answer at once, and a signal of several is expensive to make and to forget.
    get signal() {
      return AbortSignal.any([extra.signal, outcome.lost])
    },
    progress:
      token === undefined
        ? null
        : ({ done, total, line }) => {
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

function failed(operation: Operation, failure: Failure): CallToolResult {
  const { code } = failure
  const message = cleanText(failure.message)
  const hint = failure.hint === undefined ? undefined : withOwnCommand(cleanText(failure.hint))
  const value = { error: failureText({ code, message, ...(hint && { hint }) }), code, ...(hint && { hint }) }
  const { content, structuredContent } = answered(value)
  // Clients hold structured content against the output schema, for failed calls too.
  const fits = operation.output?.safeParse(value).success
  return { content, ...(fits && { structuredContent }), isError: true }
}
