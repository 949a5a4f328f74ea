import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { run, runOrThrow } from '../../../main/lib/processes/spawn.ts'

export interface ImageRegistry {
  readonly port: number
  /** `METHOD PATH` of each request, in order. */
  readonly requests: readonly string[]
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/**
 * Serves one image as `base:1`, by what of https://github.com/opencontainers/distribution-spec a pull asks for, on the loopback.
 * @param layer a tar archive.
 */
export async function imageRegistry(layer: Buffer): Promise<ImageRegistry> {
  const blobs = new Map<string, Buffer>()
  const keep = (bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes)
    return { digest: digestOf(bytes), size: bytes.length }
  }
  const json = (value: object) => Buffer.from(JSON.stringify(value))
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const config = json({
    ...{ architecture, os: 'linux', config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], Cmd: ['/bin/bash'] } },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  })
  const manifest = json({
    ...{ schemaVersion: 2, mediaType: manifestType },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...keep(config) },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...keep(layer) }],
  })
  const requests: string[] = []
  const server = createServer(({ method, url = '' }, response) => {
    requests.push(`${method} ${url}`)
    const [, kind, name = ''] = /^\/v2\/base\/(manifests|blobs)\/([\w:.]+)$/.exec(url) ?? []
    const isManifest = kind === 'manifests' && (name === '1' || name === digestOf(manifest))
    const body = url === '/v2/' ? json({}) : isManifest ? manifest : kind === 'blobs' ? blobs.get(name) : undefined
    if (!body) return response.writeHead(404).end()
    response.writeHead(200, {
      'content-type': isManifest ? manifestType : 'application/octet-stream',
      'content-length': body.length,
      'docker-content-digest': digestOf(body),
    })
    response.end(method === 'HEAD' ? undefined : body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, requests }
}

const programs =
  `bash cat chmod chown cp cut date env grep head id ln ls mkdir mktemp mv perl rm sed sleep stat tail touch tr uname`.split(
    ' ',
  )
/** What Claude Code is linked against, beside libc. */
const libraries = ['libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1']

/** An archive of a small system with glibc, made of this host's own programs and their libraries; no network is asked. */
export async function smallSystem(folder: string): Promise<Buffer> {
  const root = join(folder, 'system')
  for (const name of ['usr/bin', 'etc', 'root', 'tmp', 'home', 'var/tmp', 'proc', 'sys', 'dev', 'run']) {
    await mkdir(join(root, name), { recursive: true })
  }
  for (const name of ['tmp', 'var/tmp']) await chmod(join(root, name), 0o1777) // Users who are not root work there.
  await symlink('usr/bin', join(root, 'bin'))
  await symlink('bash', join(root, 'usr/bin/sh'))
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n')
  await writeFile(join(root, 'etc/os-release'), 'ID=small\nVERSION_ID=1\n')
  const needed = new Set<string>()
  for (const name of programs) {
    const { stdout } = await runOrThrow('which', [name])
    const path = stdout.trim()
    await cp(path, join(root, 'usr/bin', name), { dereference: true })
    for (const [library] of (await run('ldd', [path])).stdout.matchAll(/\/\S+/g)) needed.add(library)
  }
  const libc = [...needed].find((path) => path.endsWith('/libc.so.6')) ?? ''
  for (const name of libraries) needed.add(join(dirname(libc), name))
  for (const path of needed) await cp(path, join(root, path), { dereference: true, recursive: true })
  const archive = join(folder, 'system.tar')
  await runOrThrow('tar', ['-C', root, '--owner=0', '--group=0', '--numeric-owner', '-cf', archive, '.'])
  return await readFile(archive)
}
