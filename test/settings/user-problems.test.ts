import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { userProblems } from '../../main/settings/user-problems.ts'
import { temporaryFolder } from '../support/temporary.ts'

const key = { ANTHROPIC_API_KEY: 'sk-ant-api03-x' }

const idle = async () => false

/** A home whose server would use a port that nobody has, or the one given. */
async function homeWith(port?: number) {
  const home = await temporaryFolder()
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const freePort = (free.address() as AddressInfo).port
  free.close()
  await writeFile(join(home, 'settings.json'), JSON.stringify({ port: port ?? freePort }))
  return home
}

test('a key and a free port are all that a user needs', async () => {
  const home = await homeWith()
  expect(await userProblems(home, key, idle)).toEqual([])
})

test('a missing key, a bad base URL and bad settings are each named with a cure', async () => {
  const home = await homeWith()
  expect(await userProblems(home, { ANTHROPIC_BASE_URL: 'https://localhost:1' }, idle)).toMatchObject([
    { code: 'key-missing', message: 'No API key found', cure: expect.stringContaining('setup-token') },
    { code: 'argument-invalid', message: expect.stringContaining('ANTHROPIC_BASE_URL') },
  ])
  await writeFile(join(home, 'settings.json'), '{"port": "x"}')
  expect(await userProblems(home, key, idle)).toMatchObject([
    { code: 'home-unusable', message: expect.stringContaining('settings.json') },
  ])
})

test('a port that another program has is named with who has it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const home = await homeWith(port)
  const problems = await userProblems(home, key, idle)
  other.close()
  expect(problems).toMatchObject([{ code: 'port-taken', message: expect.stringContaining(`Port ${port} is taken by`) }])
})

test('a home that cannot be used is named', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'file')
  await writeFile(file, '')
  const problems = await userProblems(join(file, 'home'), key, idle)
  expect(problems[0]).toMatchObject({ code: 'home-unusable', message: expect.stringContaining(join(file, 'home')) })
})

test('a home that is not there yet, on a file system that is read-only, is named', async () => {
  const folder = await temporaryFolder()
  const module = fileURLToPath(new URL('../../main/settings/user-problems.ts', import.meta.url))
  const script = `const { userProblems } = await import(process.argv[1])
    console.log(JSON.stringify(await userProblems(process.argv[2], { ANTHROPIC_API_KEY: 'sk-ant-api03-x' }, async () => false)))`
  const home = join(folder, 'not', 'there')
  const inNamespace = 'mount -t tmpfs -o ro none "$1" && shift && exec "$@"'
  const args = ['-rm', 'sh', '-c', inNamespace, 'sh', folder, process.execPath, '-e', script, module, home]
  const { stdout } = await runOrThrow('unshare', args)
  expect(JSON.parse(stdout)).toContainEqual(
    expect.objectContaining({ code: 'home-unusable', message: `Cannot use ${home}: EROFS` }),
  )
})

test('a port that our own server has is no problem', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const home = await homeWith((server.address() as AddressInfo).port)
  const problems = await userProblems(home, key, async () => true)
  server.close()
  expect(problems).toEqual([])
})
