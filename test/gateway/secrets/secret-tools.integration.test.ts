import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Secret } from '../../../main/core/network/secret.ts'
import { findTool } from '../../../main/lib/processes/find-tool.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { secretVariables } from '../../../main/settings/secrets/secret-variables.ts'
import { gitServer } from '../../support/git/git-server.ts'
import { commitFiles, gitIn } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretOf, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, port: number) => void

/** A server that answers those alone who show the secret, and the environment that a guest has for it. */
async function registry(tool: Secret['tools'][number], answer: Answer, changes: Partial<Secret> = {}) {
  const asked: string[] = []
  const { port, trusted } = await tlsUpstream((request, response) => {
    const isKnown = request.headers.authorization === givenSecret(changes).header.value
    asked.push(`${isKnown ? '' : 'unknown '}${request.method} ${request.url}`)
    if (isKnown) answer(request, response, request.socket.localPort ?? 0)
    else response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
  })
  const secret = secretOf({ port, tools: [tool], ...changes })
  const gateway = await testGateway({ secrets: [givenSecret(secret)], trusted })
  const folder = await temporaryFolder()
  const { MICROVM_CARGO_CONFIG: cargoConfig, ...variables } = secretVariables(
    [secret],
    `http://127.0.0.1:${gateway.port}`,
  )
  const environment = {
    ...{ PATH: process.env.PATH ?? '', HOME: folder, LC_ALL: 'C', PIP_CONFIG_FILE: '/dev/null' },
    ...variables,
  }
  if (cargoConfig !== undefined) {
    await mkdir(join(folder, '.cargo'))
    await writeFile(join(folder, '.cargo/config.toml'), cargoConfig)
  }
  expect(JSON.stringify([environment, cargoConfig])).not.toContain(secretValue)
  const inGuest = async (command: readonly [string, ...string[]], cwd = folder) => {
    const [file, ...args] = command
    const done = await run(file, args, { cwd, env: environment, timeoutMs: 120_000 })
    return { ...done, all: `${done.stdout}${done.stderr}` }
  }
  return { folder, port, asked, gateway, inGuest }
}

/** A package of npm's with nothing in it, as its registry serves it. */
async function npmPackage() {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'package'))
  await writeFile(join(folder, 'package/package.json'), '{"name":"@corp/left","version":"1.0.0"}')
  await run('tar', ['czf', 'left.tgz', 'package'], { cwd: folder })
  const bytes = await readFile(join(folder, 'left.tgz'))
  return { bytes, integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}` }
}

test('npm installs from a registry that wants the secret, and its lock file names the registry itself', async () => {
  const { bytes, integrity } = await npmPackage()
  const { folder, port, asked, inGuest } = await registry('npm', (request, response, own) => {
    if (request.url === '/@corp/left/-/left-1.0.0.tgz') return response.end(bytes)
    if (request.url !== '/@corp%2fleft') return response.writeHead(404).end()
    const dist = { integrity, tarball: `https://localhost:${own}/@corp/left/-/left-1.0.0.tgz` }
    const versions = { '1.0.0': { name: '@corp/left', version: '1.0.0', dist } }
    return response.end(JSON.stringify({ name: '@corp/left', 'dist-tags': { latest: '1.0.0' }, versions }))
  })
  await writeFile(join(folder, 'package.json'), '{"name":"a","version":"1.0.0"}')
  const installed = await inGuest(['npm', 'install', '@corp/left'])
  expect(installed).toMatchObject({ ok: true })
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'))
  const { resolved } = lock.packages['node_modules/@corp/left']
  expect(resolved).toBe(`https://localhost:${port}/@corp/left/-/left-1.0.0.tgz`)
  // By that lock file alone.
  await run('rm', ['-rf', 'node_modules', '.npm'], { cwd: folder })
  expect(await inGuest(['npm', 'ci'])).toMatchObject({ ok: true })
  expect(await readFile(join(folder, 'node_modules/@corp/left/package.json'), 'utf8')).toContain('@corp/left')
  expect(asked.filter((each) => each.startsWith('unknown'))).toEqual([])
  expect(asked.filter((each) => each.endsWith('.tgz'))).toHaveLength(2)
  // What would publish is a PUT.
  const published = await inGuest(['npm', 'publish', `--//127.0.0.1/:_authToken=x`])
  expect(published).toMatchObject({ ok: false })
  expect(asked.filter((each) => each.includes('PUT'))).toEqual([])
})

test('git clones and fetches by https and by the name for ssh, and does not push', async () => {
  const upstream = await temporaryFolder()
  const source = join(upstream, 'me/project.git')
  await mkdir(source, { recursive: true })
  await gitIn(source, ['init', '--quiet', '--initial-branch', 'main'])
  await commitFiles(source, { 'a.txt': 'a\n' })
  await gitIn(source, ['config', 'http.receivepack', 'true'])
  const { folder, port, asked, gateway, inGuest } = await registry('git', gitServer(upstream), {
    form: { kind: 'basic', user: 'x-access-token' },
  })
  const url = `https://localhost:${port}/me/project.git`
  expect(await inGuest(['git', 'clone', '--quiet', url, 'clone'])).toMatchObject({ ok: true })
  const clone = join(folder, 'clone')
  expect(await gitIn(clone, ['config', 'remote.origin.url'])).toBe(url)
  await commitFiles(source, { 'b.txt': 'b\n' })
  expect(await inGuest(['git', 'fetch', '--quiet'], clone)).toMatchObject({ ok: true })
  await commitFiles(clone, { 'c.txt': 'c\n' })
  const pushed = await inGuest(['git', 'push', 'origin', 'HEAD:refs/heads/pushed'], clone)
  expect(pushed).toMatchObject({ ok: false, all: expect.stringContaining('405') })
  expect(
    asked.filter((each) => each.startsWith('unknown') || each.includes('POST /me/project.git/git-receive-pack')),
  ).toEqual([])
  expect(await gitIn(source, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main')
  await gateway.writes({ verdict: 'refused', reason: 'method-refused', secret: 'CORP' })
  expect((await run('grep', ['-rlF', secretValue, folder])).stdout).toBe('')
})

/** Python's own packages bring it on most hosts, and not on all. */
const pip = await findTool('pip3')

test.runIf(pip !== undefined)(
  'pip downloads by an index that wants the secret, whose links name their host',
  async () => {
    const wheels = await temporaryFolder()
    await writeFile(join(wheels, 'make.py'), makeWheel)
    await run('python3', ['make.py'], { cwd: wheels })
    const wheel = await readFile(join(wheels, 'left-1.0-py3-none-any.whl'))
    const { folder, asked, inGuest } = await registry('pip', (request, response, own) => {
      if (request.url === '/files/left-1.0-py3-none-any.whl') return response.end(wheel)
      if (request.url !== '/simple/left/') return response.writeHead(404).end()
      response.writeHead(200, { 'content-type': 'text/html' })
      return response.end(
        `<a href="https://localhost:${own}/files/left-1.0-py3-none-any.whl">left-1.0-py3-none-any.whl</a>`,
      )
    })
    const downloaded = await inGuest(['python3', '-m', 'pip', 'download', 'left', '--no-deps', '--dest', folder])
    expect(downloaded).toMatchObject({ ok: true })
    expect(await readFile(join(folder, 'left-1.0-py3-none-any.whl'))).toEqual(wheel)
    expect(asked).toEqual(['GET /simple/left/', 'GET /files/left-1.0-py3-none-any.whl'])
  },
)

/** A toolchain that its user installed finds itself by the user's home, which a test has not. */
const rustup = await findTool('rustup')
const cargo = rustup ? (await run(rustup, ['which', 'cargo'])).stdout.trim() : await findTool('cargo')

/** A crate as a registry serves it, and what its index says of it. */
async function crateOf(name: string) {
  const folder = await temporaryFolder()
  const root = join(folder, `${name}-1.0.0`)
  await mkdir(join(root, 'src'), { recursive: true })
  await writeFile(join(root, 'Cargo.toml'), `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2021"\n`)
  await writeFile(join(root, 'src/lib.rs'), '')
  await run('tar', ['czf', 'crate', `${name}-1.0.0`], { cwd: folder })
  const bytes = await readFile(join(folder, 'crate'))
  const cksum = createHash('sha256').update(bytes).digest('hex')
  const entry = { name, vers: '1.0.0', deps: [], cksum, features: {}, yanked: false }
  return { bytes, entry: `${JSON.stringify(entry)}\n` }
}

test.runIf(cargo !== undefined)(
  'cargo fetches from a sparse registry that wants the secret, and the lock file names the registry itself',
  async () => {
    const { bytes, entry } = await crateOf('Corp-Left')
    const served = (url: string, own: number) => {
      if (url === '/index/config.json')
        return JSON.stringify({ dl: `https://LOCALHOST:${own}/files/{crate}/{version}.crate`, 'auth-required': true })
      if (url === '/index/co/rp/corp-left') return entry
      return url === '/files/Corp-Left/1.0.0.crate' ? bytes : undefined
    }
    const { folder, port, asked, gateway, inGuest } = await registry(
      'cargo',
      (request, response, own) => {
        const found = served(request.url ?? '', own)
        return found === undefined ? response.writeHead(404).end() : response.end(found)
      },
      { path: '/index', form: { kind: 'header', name: 'Authorization', prefix: '' } },
    )
    const index = `sparse+https://localhost:${port}/index/`
    const project = join(folder, 'project')
    await mkdir(join(project, '.cargo'), { recursive: true })
    await mkdir(join(project, 'src'))
    await writeFile(join(project, 'src/lib.rs'), '')
    await writeFile(join(project, '.cargo/config.toml'), `[registries.corp]\nindex = "${index}"\n`)
    await writeFile(
      join(project, 'Cargo.toml'),
      '[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nCorp-Left = { version = "1", registry = "corp" }\n',
    )
    const fetch = ['env', `PATH=${dirname(cargo ?? '')}:${process.env.PATH}`, 'cargo', 'fetch'] as const
    const fetched = await inGuest([...fetch], project)
    expect(fetched.ok, fetched.all).toBe(true)
    const lock = await readFile(join(project, 'Cargo.lock'), 'utf8')
    expect(lock).toContain(`source = "${index}"`)
    expect(lock).not.toContain('/secrets/')
    // By that lock file alone, with nothing that was fetched before.
    await run('rm', ['-rf', '.cargo/registry'], { cwd: folder })
    const again = await inGuest([...fetch, '--locked'], project)
    expect(again.ok, again.all).toBe(true)
    expect(asked.filter((each) => each.startsWith('unknown'))).toEqual([])
    expect(asked.filter((each) => each === 'GET /files/Corp-Left/1.0.0.crate')).toHaveLength(2)
    await gateway.writes({ verdict: 'secret', secret: 'CORP', method: 'GET', status: 200 })
    expect((await run('grep', ['-rlF', secretValue, folder])).stdout).toBe('')
  },
)

const makeWheel = `
import zipfile
with zipfile.ZipFile('left-1.0-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('left.py', '')
    wheel.writestr('left-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: left\\nVersion: 1.0\\n')
    wheel.writestr('left-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: a\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('left-1.0.dist-info/RECORD', '')
`
