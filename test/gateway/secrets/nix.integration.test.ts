import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Secret } from '../../../main/core/network/secret.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { nixConfig } from '../../../main/settings/secrets/nix-config.ts'
import { secretVariables } from '../../../main/settings/secrets/secret-variables.ts'
import { gitServer } from '../../support/git/git-server.ts'
import { commitFiles, gitIn } from '../../support/git/repositories.ts'
import { unpackedNix } from '../../support/machines/nix.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretOf, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'

/** Where archives lie that the cache does not keep itself; it wants nothing to be shown. */
async function storageOf(folder: string) {
  const stored: string[] = []
  const storage = createServer(async ({ url = '', headers }, response) => {
    stored.push(`${url} ${headers.authorization ?? 'nothing'}`)
    response.end(await readFile(join(folder, url)))
  }).listen(0, '127.0.0.1')
  await once(storage, 'listening')
  onTestFinished(() => {
    storage.closeAllConnections()
    storage.close()
  })
  return { stored, origin: `http://127.0.0.1:${(storage.address() as AddressInfo).port}` }
}

/** A path of a store, signed in a cache, and gone from the store. */
async function cachedPath(signal: AbortSignal) {
  const folder = await temporaryFolder()
  const nix = await unpackedNix(folder, signal)
  const done = async (...args: string[]) => {
    const { ok, stdout, stderr } = await nix(args, signal)
    expect(ok, stderr).toBe(true)
    return stdout.trim()
  }
  const key = await done('key', 'generate-secret', '--key-name', 'corp-1')
  await writeFile(join(folder, 'key'), key)
  const built = `derivation { name = "what"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo is cached >$out" ]; }`
  const path = await done(
    'build',
    '--option',
    'build-hook',
    '',
    '--impure',
    '--no-link',
    '--print-out-paths',
    '--expr',
    built,
  )
  await done('copy', '--to', `file://${folder}/cache?secret-key=${folder}/key`, path)
  // By hand: nix would look for users of the path in every process of the host, and fails where one of them just ends.
  for (const name of ['store', 'state']) await removeTree(join(folder, name))
  const [name = '', bytes = ''] = key.split(':')
  // The second half of an Ed25519 key as libsodium has it.
  const publicKey = `${name}:${Buffer.from(bytes, 'base64').subarray(32).toString('base64')}`
  return { folder, nix, path, publicKey }
}

test('nix takes signed paths from a cache that wants the secret, whose archives lie elsewhere', async ({ signal }) => {
  const { folder, nix, path, publicKey } = await cachedPath(signal)
  const { stored, origin } = await storageOf(join(folder, 'cache'))
  const asked: string[] = []
  const { port, trusted } = await tlsUpstream(async ({ method, url = '', headers, socket }, response) => {
    asked.push(`${method} ${url} ${headers.authorization === `Bearer ${secretValue}` ? 'the secret' : 'nothing'}`)
    if (headers.authorization !== `Bearer ${secretValue}`) return response.writeHead(401).end()
    const [, file = ''] = /^\/team\/((?:nar\/)?[\w.-]+)$/.exec(url) ?? []
    if (file.startsWith('nar/')) return response.writeHead(302, { location: `${origin}/${file}` }).end()
    const text = await readFile(join(folder, 'cache', file), 'utf8').catch(() => undefined)
    if (text === undefined) return response.writeHead(404).end()
    return response.end(text.replace('URL: ', `URL: https://LOCALHOST:${socket.localPort}/team/`))
  })
  const secret = secretOf({ port, tools: ['nix'], path: '/team/' })
  const gateway = await testGateway({ secrets: [givenSecret(secret)], trusted })
  const take = (known: Secret) =>
    nix(['build', '--no-link', path], signal, {
      NIX_CONFIG: nixConfig([known], `http://127.0.0.1:${gateway.port}`, 'none') ?? '',
    })
  expect(await take(secret)).toMatchObject({
    ok: false,
    stderr: expect.stringContaining('not signed by any of the keys'),
  })
  const taken = await take({ ...secret, publicKey })
  expect(taken.ok, taken.stderr).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('is cached\n')
  expect(asked.filter((each) => !/^GET \/team\/(nar\/)?[\w.-]+ the secret$/.test(each))).toEqual([])
  expect(asked.some((each) => each.includes('/team/nar/'))).toBe(true)
  expect(stored).toEqual([expect.stringMatching(/^\/nar\/\S+ nothing$/)])
  await gateway.writes({ verdict: 'secret', secret: 'CORP', status: 302 })
  expect((await run('grep', ['-rlF', secretValue, folder])).stdout).toBe('')
})

test('a flake that names its inputs by git takes them over the route of git, and its lock file names the host', async ({
  signal,
}) => {
  const folder = await temporaryFolder()
  const source = join(folder, 'upstream/me/lib.git')
  await mkdir(source, { recursive: true })
  await gitIn(source, ['init', '--quiet', '--initial-branch', 'main'])
  await commitFiles(source, { 'flake.nix': '{ outputs = _: { word = "from the input"; }; }\n' })
  const asked: string[] = []
  const serve = gitServer(join(folder, 'upstream'))
  const form = { kind: 'basic', user: 'me' } as const
  const { port, trusted } = await tlsUpstream((request, response) => {
    const isKnown = request.headers.authorization === givenSecret({ form }).header.value
    asked.push(isKnown ? 'the secret' : 'nothing')
    if (isKnown) serve(request, response)
    else response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
  })
  const secret = secretOf({ port, form, tools: ['git'] })
  const gateway = await testGateway({ secrets: [givenSecret(secret)], trusted })
  const project = join(folder, 'project')
  await mkdir(project)
  const url = `git+https://localhost:${port}/me/lib.git`
  await writeFile(
    join(project, 'flake.nix'),
    `{ inputs.lib.url = "${url}"; outputs = { lib, ... }: { inherit (lib) word; }; }\n`,
  )
  const nix = await unpackedNix(folder, signal)
  const variables = secretVariables([secret], `http://127.0.0.1:${gateway.port}`)
  const read = await nix(['eval', '--raw', `path:${project}#word`], signal, variables)
  expect(read, read.stderr).toMatchObject({ ok: true, stdout: 'from the input' })
  const lock = JSON.parse(await readFile(join(project, 'flake.lock'), 'utf8'))
  expect(lock.nodes.lib.locked).toMatchObject({ type: 'git', url: `https://localhost:${port}/me/lib.git` })
  expect(new Set(asked)).toEqual(new Set(['the secret']))
})
