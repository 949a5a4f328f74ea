import { Agent, request as httpRequest } from 'node:http'

/**
 * As little of an MCP client as can be, on one kept connection, so that what is measured is the server: the SDK's own client
 * takes longer over a call than either server does.
 */
export class McpClient implements Disposable {
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  #lastId = 0

  private constructor(url: URL) {
    this.#url = url
  }

  static async connect(url: string): Promise<McpClient> {
    const client = new McpClient(new URL(url))
    await client.#ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bench', version: '0' },
    })
    client.#headers['mcp-protocol-version'] = '2025-11-25'
    await client.#post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    return client
  }

  /** The structured content of the answer; rejects when the tool failed. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const result = (await this.#ask('tools/call', { name, arguments: args })) as {
      readonly structuredContent?: Record<string, unknown>
      readonly isError?: boolean
    }
    if (result.isError || !result.structuredContent) throw new Error(`${name} answered ${JSON.stringify(result)}`)
    return result.structuredContent
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async #ask(method: string, params: Record<string, unknown>): Promise<unknown> {
    const id = ++this.#lastId
    const text = await this.#post({ jsonrpc: '2.0', id, method, params })
    const data = text.split('\n').findLast((line) => line.startsWith('data: ') && line.length > 'data: '.length)
    const message = JSON.parse(data?.slice('data: '.length) ?? text) as {
      readonly id?: unknown
      readonly result?: unknown
    }
    if (message.id !== id || message.result === undefined) throw new Error(`${method} was answered with ${text}`)
    return message.result
  }

  #post(message: unknown): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const body = Buffer.from(JSON.stringify(message))
    const headers = { ...this.#headers, 'content-length': body.length }
    const request = httpRequest(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
      const session = response.headers['mcp-session-id']
      if (typeof session === 'string') this.#headers['mcp-session-id'] = session
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200 || response.statusCode === 202) resolve(text)
        else reject(new Error(`status ${response.statusCode}: ${text}`))
      })
    })
    request.on('error', reject)
    request.end(body)
    return promise
  }
}
