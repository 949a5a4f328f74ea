import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../support/command-line.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function place() {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  const run = (args: readonly string[], input?: string) =>
    runCommand(args, { home, cwd: folder, ...(input !== undefined && { input }) })
  return { folder, home, run, file: join(home, 'secrets.json') }
}

const value = 'npm_a-token-of-the-user'

test('a secret is read from standard input, kept for its owner, and never shown again', async () => {
  const { folder, run, file } = await place()
  await makeRepository(join(folder, 'project'))
  await run(['allow', 'project'])
  const added = await run(
    ['secrets', 'add', 'NPM', '--host', 'registry.npmjs.org', '--repository', 'project'],
    `${value}\n`,
  )
  expect(added).toMatchObject({ exitCode: 0, stdout: 'Added: NPM\n' })
  await run(
    ['secrets', 'add', 'LAB', '--host', 'lab.example.test', '--header', 'PRIVATE-TOKEN:', '--method', 'post,get'],
    value,
  )
  await run(['secrets', 'add', 'HUB', '--host', 'github.com', '--basic', 'x-access-token'], value)
  const listed = await run(['secrets', 'list'])
  expect(listed).toEqual({
    exitCode: 0,
    stdout: [
      ...['  NPM: registry.npmjs.org, Authorization: Bearer', '    methods: GET, HEAD', '    repositories: project'],
      ...['    found by: SECRET_NPM_URL, npm', '  LAB: lab.example.test, PRIVATE-TOKEN:', '    methods: GET, POST'],
      ...[
        '    repositories: all',
        '    found by: SECRET_LAB_URL',
        '  HUB: github.com, Authorization: Basic, as x-access-token',
      ],
      ...[
        '    methods: GET, HEAD, and what git fetches',
        '    repositories: all',
        '    found by: SECRET_HUB_URL, git',
        '',
      ],
    ].join('\n'),
    stderr: '',
  })
  expect(JSON.stringify([added, listed])).not.toContain(value)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveLength(3)
  // Another repository under that alias is another one.
  await run(['remove', 'project'])
  await makeRepository(join(folder, 'elsewhere'))
  await run(['allow', 'elsewhere', '--alias', 'project'])
  expect((await run(['secrets', 'list'])).stdout).toContain(`repositories: ${join(folder, 'project')} (not registered)`)
  expect(await run(['secrets', 'remove', 'NPM'])).toMatchObject({ exitCode: 0, stdout: 'Removed: NPM\n' })
  expect((await run(['secrets', 'list'])).stdout).not.toContain('NPM')
})

test('a person at a terminal is asked, and what is typed is not shown', async () => {
  const { home, folder, file } = await place()
  const command = `${process.execPath} ${join(import.meta.dirname, '../../../main/microvm-orchestrator.mjs')}`
  const child = spawn('script', ['-qec', `${command} secrets add NPM --host a.example`, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, MICROVM_ORCHESTRATOR_HOME: home, SHELL: '/bin/sh' },
  })
  let shown = ''
  child.stdout.on('data', (text: Buffer) => {
    shown += text.toString()
    if (/not shown\): $/.test(shown)) child.stdin.write(`${value}\r`)
  })
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(shown).toContain('Added: NPM')
  expect(shown).not.toContain(value)
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject([{ name: 'NPM', value }])
})

test('no value, one of two lines and a file that others can read are refused with the cure', async () => {
  const { run, file } = await place()
  const add = ['secrets', 'add', 'NPM', '--host', 'a.example']
  for (const input of ['', '\n', `${value}\nmore`]) {
    const { exitCode, stderr } = await run(add, input)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('8')
    expect(stderr).not.toContain(value)
  }
  expect(await run(['secrets', 'list'])).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringContaining('secrets add'),
  })
  await run(add, value)
  await chmod(file, 0o644)
  expect((await run(['secrets', 'list'])).stderr).toBe(
    `Error: Others can read the secrets in ${file}. Run: chmod 600 '${file}'\n`,
  )
})
