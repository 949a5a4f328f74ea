import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const json = (value: object) => Buffer.from(JSON.stringify(value))
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

export interface TokenRegistry {
  /** `METHOD PATH` of each request with what it showed, in order. */
  readonly asked: readonly string[]
  /** The same of the storage, which is another host and wants nothing to be shown. */
  readonly stored: readonly string[]
  readonly layer: Buffer
  answer(request: IncomingMessage, response: ServerResponse): void
}

/**
 * A registry with one image, `team/app:1`, that takes tokens alone, each for what it was given for, as
 * https://distribution.github.io/distribution/spec/auth/token/ has it; its blobs lie on another host, to which it redirects.
 * @param credential what its token service is to be shown.
 */
export async function tokenRegistry(credential: string): Promise<TokenRegistry> {
  const layer = Buffer.alloc(1024) // An archive with nothing in it.
  const config = json({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } })
  const manifest = json({
    ...{ schemaVersion: 2, mediaType: manifestType },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }],
  })
  const blobs = new Map([config, layer].map((bytes) => [digestOf(bytes), bytes]))
  const [asked, stored]: [string[], string[]] = [[], []]
  const storage = createServer(({ method, url = '', headers }, response) => {
    stored.push(`${method} ${url} ${headers.authorization ?? 'nothing'}`)
    response.end(blobs.get(url.slice(1)))
  }).listen(0, '127.0.0.1')
  await once(storage, 'listening')
  onTestFinished(() => {
    storage.closeAllConnections()
    storage.close()
  })
  const { port: storagePort } = storage.address() as AddressInfo

  const tokens = new Map<string, string>()
  const giveToken = (scope: string, response: ServerResponse) => {
    const token = `token-for-${scope.replaceAll(/\W/g, '-')}.${tokens.size}`
    tokens.set(token, scope)
    response.writeHead(200, { 'content-type': 'application/json' }).end(json({ token, expires_in: 300 }))
  }
  return {
    ...{ asked, stored, layer },
    answer({ method = '', url = '', headers: { authorization, accept = '' }, socket }, response) {
      const own = `https://localhost:${socket.localPort}`
      const { pathname, searchParams } = new URL(url, own)
      const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? ''
      const scope = tokens.get(token)
      const isSecret = authorization === credential
      asked.push(`${method} ${url} ${isSecret ? 'the secret' : (scope ?? authorization ?? 'nothing')}`)
      if (pathname === '/token') {
        if (!isSecret || searchParams.get('service') !== 'images') return response.writeHead(401).end()
        return giveToken(searchParams.get('scope') ?? '', response)
      }
      if (scope !== 'repository:team/app:pull') {
        const wanted = pathname === '/v2/' ? '' : ',scope="repository:team/app:pull"'
        response.writeHead(401, { 'www-authenticate': `bEARER realm="${own}/token" , service="images"${wanted}` })
        return response.end('{"errors":[]}')
      }
      const [, kind, name = ''] = /^\/v2\/team\/app\/(manifests|blobs)\/([\w:.]+)$/.exec(pathname) ?? []
      if (kind === 'blobs' && blobs.has(name))
        return response.writeHead(307, { location: `http://127.0.0.1:${storagePort}/${name}` }).end()
      // A client that is not said to know this kind of manifest gets none of it.
      if (kind !== 'manifests' || !['1', digestOf(manifest)].includes(name) || !accept.includes(manifestType))
        return response.writeHead(404).end('{"errors":[]}')
      response.writeHead(200, {
        ...{ 'content-type': manifestType, 'content-length': manifest.length },
        'docker-content-digest': digestOf(manifest),
      })
      return response.end(method === 'HEAD' ? undefined : manifest)
    },
  }
}
