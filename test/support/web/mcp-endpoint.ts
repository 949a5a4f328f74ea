import { request as httpRequest } from 'node:http'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, onTestFinished } from 'vitest'
import { listen } from '../../../main/lib/http/http-listener.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { createMcpEndpoint, type McpEndpointOptions } from '../../../main/mcp/http.ts'
import { openEventLog } from '../../../main/tasks/events/event-log.ts'
import { ScriptedTasks } from '../claude/scripted-tasks.ts'
import { temporaryFolder } from '../temporary.ts'

export interface RunningEndpoint {
  readonly url: URL
  readonly port: number
  readonly tasks: ScriptedTasks
  readonly directory: string
  stop(): Promise<void>
}

export type EndpointOptions = Partial<McpEndpointOptions> & { readonly directory?: string; readonly port?: number }

/** The product's endpoint over scripted tasks, on a free port of the loopback; stopped when the test is over. */
export async function startEndpoint(options: EndpointOptions = {}): Promise<RunningEndpoint> {
  const { directory = await temporaryFolder(), port = 0, ...rest } = options
  const events = await openEventLog({ directory, log: silentLog })
  const tasks = new ScriptedTasks(events)
  const endpoint = createMcpEndpoint({ tasks, log: silentLog, version: '1.2.3', progressIntervalMs: 50, ...rest })
  const listener = await listen({ port, host: '127.0.0.1', routes: { '/mcp': endpoint.handle }, log: silentLog })
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await endpoint.close()
    await listener.close()
    await events[Symbol.asyncDispose]()
  }
  const stopOnce = (): Promise<void> => {
    stopped ??= stop()
    return stopped
  }
  onTestFinished(stopOnce)
  return {
    url: new URL(`http://127.0.0.1:${listener.port}/mcp`),
    port: listener.port,
    tasks,
    directory,
    stop: stopOnce,
  }
}

/** The SDK's own client; closed when the test is over. It knows the tools' output schemas and checks every answer. */
export async function connect(url: URL, headers: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '0' })
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } })
  await client.connect(transport as Parameters<typeof client.connect>[0])
  await client.listTools()
  onTestFinished(() => client.close())
  return client
}

export interface Answer {
  readonly isError: boolean
  /** An error has structure only where the tool's output schema allows for it. */
  readonly structured: boolean
  readonly value: Record<string, unknown>
}

/** What the tool answered; text and structured content must say the same. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
  options: Parameters<Client['callTool']>[2] = {},
): Promise<Answer> {
  const result = await client.callTool({ name, arguments: args }, undefined, options)
  const [content] = result.content as { type: string; text: string }[]
  const value = JSON.parse(content?.text ?? '') as Record<string, unknown>
  const structured = result.structuredContent
  const isError = result.isError === true
  if (!(isError && structured === undefined)) expect(structured).toEqual(value)
  return { isError, structured: structured !== undefined, value }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** An HTTP request with any headers, those that `fetch` would not send included. */
export function send(
  port: number,
  path: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly body?: string | Buffer
    readonly noHost?: boolean
    /** Of the server; default 127.0.0.1. */
    readonly address?: string | undefined
  } = {},
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const request = httpRequest(
    {
      host: options.address ?? '127.0.0.1',
      port,
      path,
      method: options.method ?? 'GET',
      agent: false,
      setHost: !options.noHost,
      headers: options.headers ?? {},
    },
    (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    },
  )
  request.on('error', reject)
  request.end(options.body)
  return promise
}

export const mcpHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}

export const initializeBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '0' } },
})
