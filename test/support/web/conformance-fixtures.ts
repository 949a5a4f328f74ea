import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { EventId, EventStore, StreamId } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  type CallToolResult,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  type Tool,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Extra, McpTool } from '../../../main/mcp/adapt-tool.ts'
import type { McpEndpointOptions } from '../../../main/mcp/http.ts'

/** A picture of one red pixel, and a sound of no samples. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='

const nothing: Tool['inputSchema'] = { type: 'object', properties: {} }

const words = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] })

const oneText = (name: string): Tool['inputSchema'] => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
})

function fixture(
  name: string,
  call: (extra: Extra, input: Record<string, unknown>) => Promise<CallToolResult> | CallToolResult,
  inputSchema = nothing,
): McpTool {
  return {
    listing: { name, description: `Fixture of the conformance suite: ${name}`, inputSchema },
    call: async (input, extra) => call(extra, (input ?? {}) as Record<string, unknown>),
  }
}

async function elicit(extra: Extra, params: Omit<ElicitRequestFormParams, 'mode'>): Promise<string> {
  const answer = await extra.sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema)
  return `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`
}

const tools: readonly McpTool[] = [
  fixture('test_simple_text', () => words('This is a simple text response for testing.')),
  fixture('test_image_content', () => ({ content: [{ type: 'image', data: png, mimeType: 'image/png' }] })),
  fixture('test_audio_content', () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] })),
  fixture('test_embedded_resource', () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  })),
  fixture('test_multiple_content_types', () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: png, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: '{"test":"data","value":123}',
        },
      },
    ],
  })),
  fixture('test_tool_with_logging', async (extra) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } })
      await sleep(50)
    }
    return words('Logged three messages.')
  }),
  fixture('test_tool_with_progress', async (extra) => {
    const progressToken = extra._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        await extra.sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        })
      }
      await sleep(50)
    }
    return words('Reported progress.')
  }),
  fixture('test_error_handling', () => ({
    ...words('This tool intentionally returns an error for testing'),
    isError: true,
  })),
  fixture(
    'test_sampling',
    async (extra, { prompt }) => {
      const answer = await extra.sendRequest(
        {
          method: 'sampling/createMessage',
          params: {
            messages: [{ role: 'user', content: { type: 'text', text: String(prompt) } }],
            maxTokens: 100,
          },
        },
        CreateMessageResultSchema,
      )
      return words(`LLM response: ${JSON.stringify(answer.content)}`)
    },
    oneText('prompt'),
  ),
  fixture(
    'test_elicitation',
    async (extra, { message }) => {
      const answer = await elicit(extra, {
        message: String(message),
        requestedSchema: {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
      })
      return words(`User response: ${answer}`)
    },
    oneText('message'),
  ),
  fixture('test_elicitation_sep1034_defaults', async (extra) => {
    const answer = await elicit(extra, {
      message: 'Please check the defaults',
      requestedSchema: {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      },
    })
    return words(`Elicitation completed: ${answer}`)
  }),
  fixture('test_elicitation_sep1330_enums', async (extra) => {
    const titled = (noun: string) =>
      ['First', 'Second', 'Third'].map((ordinal, index) => ({
        const: `value${index + 1}`,
        title: `${ordinal} ${noun}`,
      }))
    const options = ['option1', 'option2', 'option3']
    const answer = await elicit(extra, {
      message: 'Please choose',
      requestedSchema: {
        type: 'object',
        properties: {
          untitledSingle: { type: 'string', enum: options },
          titledSingle: { type: 'string', oneOf: titled('Option') },
          legacyEnum: {
            type: 'string',
            enum: ['opt1', 'opt2', 'opt3'],
            enumNames: ['Option One', 'Option Two', 'Option Three'],
          },
          untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
          titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
        },
      },
    })
    return words(`Elicitation completed: ${answer}`)
  }),
  fixture('test_reconnection', async (extra) => {
    extra.closeSSEStream?.()
    await sleep(200)
    return words('The answer came after the stream was closed.')
  }),
  fixture('json_schema_2020_12_tool', () => words('Fine.'), {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
    },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  }),
]

const prompts: Record<string, (args: Record<string, string>) => object[]> = {
  test_simple_prompt: () => [{ type: 'text', text: 'This is a simple prompt for testing.' }],
  test_prompt_with_arguments: ({ arg1, arg2 }) => [
    { type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` },
  ],
  test_prompt_with_embedded_resource: ({ resourceUri }) => [
    {
      type: 'resource',
      resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
    },
    { type: 'text', text: 'Please process the embedded resource above.' },
  ],
  test_prompt_with_image: () => [
    { type: 'image', data: png, mimeType: 'image/png' },
    { type: 'text', text: 'Please analyze the image above.' },
  ],
}

const promptArguments: Record<string, readonly string[]> = {
  test_prompt_with_arguments: ['arg1', 'arg2'],
  test_prompt_with_embedded_resource: ['resourceUri'],
}

const resources = ['test://static-text', 'test://static-binary', 'test://watched-resource']

function readResource(uri: string): object {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1]
  if (id) return { uri, mimeType: 'application/json', text: JSON.stringify({ id, data: `Data for ID: ${id}` }) }
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: png }
  return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }
}

function setUp(server: Server): void {
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: resources.map((uri) => ({ uri, name: uri, description: `Fixture ${uri}` })),
  }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template', description: 'Fixture' }],
  }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({ contents: [readResource(params.uri)] }))
  server.setRequestHandler(SubscribeRequestSchema, () => ({}))
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.keys(prompts).map((name) => ({
      name,
      description: `Fixture ${name}`,
      arguments: (promptArguments[name] ?? []).map((argument) => ({ name: argument, required: true })),
    })),
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => ({
    messages: (prompts[params.name]?.(params.arguments ?? {}) ?? []).map((content) => ({ role: 'user', content })),
  }))
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: [], total: 0, hasMore: false } }))
}

/** Keeps what was sent, so that a client can take up a stream that was closed. */
function createEventStore(): EventStore {
  const events: { readonly stream: StreamId; readonly message: JSONRPCMessage }[] = []
  return {
    storeEvent: (stream, message) => Promise.resolve(String(events.push({ stream, message }) - 1)),
    getStreamIdForEventId: (id: EventId) => Promise.resolve(events[Number(id)]?.stream),
    replayEventsAfter: async (id, { send }) => {
      const stream = events[Number(id)]?.stream ?? ''
      for (const [index, event] of events.entries()) {
        const isReal = 'jsonrpc' in event.message
        if (index > Number(id) && event.stream === stream && isReal) await send(String(index), event.message)
      }
      return stream
    },
  }
}

/** What the suite's scenarios call for beyond the product's own tools, for `createMcpEndpoint`. */
export const conformanceFixtures: NonNullable<McpEndpointOptions['extension']> = {
  tools,
  capabilities: { logging: {}, prompts: {}, resources: { subscribe: true }, completions: {} },
  setUp,
  eventStore: createEventStore,
}
