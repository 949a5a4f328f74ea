import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js'
import { AppError, failureText, toFailure } from '../core/failure.ts'
import type { Log } from '../lib/log.ts'
import type { Tasks } from '../tasks/contract.ts'
import { allPrompts } from './prompts/all.ts'

const longestArgument = 100_000

/** Has a session's server offer the prompts. */
export function servePrompts(server: Server, { tasks, log }: { readonly tasks: Tasks; readonly log: Log }): void {
  const listing = allPrompts.map(({ name, title, description, arguments: taken }) => ({
    ...{ name, title, description },
    arguments: taken.map((argument) => ({ ...argument })),
  }))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: listing }))
  server.setRequestHandler(GetPromptRequestSchema, async ({ params: { name, arguments: given = {} } }) => {
    const prompt = allPrompts.find((candidate) => candidate.name === name)
    if (!prompt) throw invalid(`There is no prompt '${name.slice(0, 80)}'`)
    for (const { name: wanted, required } of prompt.arguments) {
      if (required && !given[wanted]?.trim()) throw invalid(`${wanted} is missing`)
      if ((given[wanted]?.length ?? 0) > longestArgument) throw invalid(`${wanted} is too long`)
    }
    try {
      const text = await prompt.text(given, tasks)
      return { description: prompt.description, messages: [{ role: 'user', content: { type: 'text', text } }] }
    } catch (error) {
      if (error instanceof AppError) throw invalid(failureText(toFailure(error)))
      log.error('a prompt failed', { prompt: name, reason: String(error) })
      throw new McpError(ErrorCode.InternalError, 'The orchestrator failed; its log has the reason')
    }
  })
}

const invalid = (message: string): McpError => new McpError(ErrorCode.InvalidParams, message)
