import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

interface Release {
  readonly version: string
  /** The AppImage of it. */
  readonly program: string
  /** Told in place of the program's own checksum. */
  readonly sha512?: string
}

/** GitHub's releases of `example/app`, newest first, as far as a program for Linux asks for them; `asked` are the paths of its requests. */
export async function serveReleases(releases: readonly Release[]) {
  const asked: string[] = []
  const paths = new Map<string, string>()
  const base = '/example/app/releases'
  const entries = releases.map(({ version }) => {
    const link = `https://github.com${base}/tag/v${version}`
    return `<entry><title>${version}</title><link rel="alternate" href="${link}"/><content>No content.</content></entry>`
  })
  paths.set(`${base}.atom`, `<feed xmlns="http://www.w3.org/2005/Atom">${entries.join('')}</feed>`)
  const stable = releases.find(({ version }) => !version.includes('-'))
  paths.set('/api/v3/repos/example/app/releases/latest', JSON.stringify({ tag_name: `v${stable?.version}` }))
  for (const { version, program, sha512 } of releases) {
    const name = `microvm-orchestrator-${version}-x86_64.AppImage`
    const channel = /-([a-z]+)/.exec(version)?.[1] ?? 'latest'
    const sum = sha512 ?? createHash('sha512').update(program).digest('base64')
    const file = [`  - url: ${name}`, `    sha512: ${sum}`, `    size: ${Buffer.byteLength(program)}`]
    const info = [`version: ${version}`, 'files:', ...file, `path: ${name}`, `sha512: ${sum}`]
    paths.set(`${base}/download/v${version}/${channel}-linux.yml`, `${info.join('\n')}\n`)
    // As GitHub does: what is downloaded lies elsewhere.
    paths.set(`${base}/download/v${version}/${name}`, `-> /elsewhere/${name}`)
    paths.set(`/elsewhere/${name}`, program)
  }
  const server = createServer(({ url = '' }, response) => {
    const path = url.split('?', 1)[0] ?? ''
    asked.push(path)
    const body = paths.get(path)
    if (body === undefined) response.writeHead(404).end()
    else if (body.startsWith('-> ')) response.writeHead(302, { location: body.slice(3) }).end()
    else response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    asked,
    /** What `app-update.yml` of a package says. */
    feed: [
      'provider: github',
      'owner: example',
      'repo: app',
      `host: 127.0.0.1:${port}`,
      'protocol: http',
      'updaterCacheDirName: app-updater',
      '',
    ].join('\n'),
  }
}
