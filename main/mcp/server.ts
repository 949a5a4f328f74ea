import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerCapabilities,
} from '@modelcontextprotocol/sdk/types.js'
import { clientOperations } from '../api/operations/all.ts'
import { type AdaptOptions, adaptTool, listingOf, type McpTool } from './adapt-tool.ts'
import { currentExchange } from './exchange.ts'
import { instructions } from './instructions.ts'
import { servePrompts } from './serve-prompts.ts'

export interface ServerOptions extends AdaptOptions {
  readonly version: string
  readonly extension?: ServerExtension
}

/** More than the product offers, over the same code: the fixtures that the conformance suite calls for. */
export interface ServerExtension {
  readonly tools: readonly McpTool[]
  readonly capabilities: ServerCapabilities
  setUp(server: Server): void
}

const listed = clientOperations.map((operation) => ({ operation, listing: listingOf(operation) }))

/** One session's server; it has no transport yet. */
export function createServer({ version, extension, ...options }: ServerOptions): Server {
  const server = new Server(
    { name: 'microvm-orchestrator', title: 'microVM orchestrator', version },
    { capabilities: { tools: {}, prompts: {}, ...extension?.capabilities }, instructions },
  )
  const own = listed.map(({ operation, listing }) => adaptTool(operation, listing, options))
  const tools = new Map([...own, ...(extension?.tools ?? [])].map((tool) => [tool.listing.name, tool]))

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...tools.values()].map(({ listing }) => listing) }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools.get(params.name)
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `There is no tool '${params.name.slice(0, 80)}'`)
    const exchange = currentExchange.getStore()
    // The SDK answers nothing to a cancelled call and would leave its stream open for ever.
    if (exchange?.requests === 1)
      extra.signal.addEventListener('abort', () => exchange.end(extra.requestId), { once: true })
    return await tool.call(params.arguments, extra)
  })
  servePrompts(server, options)
  extension?.setUp(server)
  server.onerror = (error) => options.log.debug('a session reported an error', { reason: error.message })
  return server
}
