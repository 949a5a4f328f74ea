import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand, startCommand } from '../support/command-line.ts'
import { commitFiles, gitIn } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { initializeBody, mcpHeaders, send } from '../support/web/mcp-endpoint.ts'

/** Starts `serve` on a free port; resolves when it has said its two lines. Stopped and awaited at the end of the scope. */
async function serving(home: string, ...flags: string[]) {
  const child = startCommand(['serve', '--port', '0', ...flags], { home })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const lines = await firstLines(child, 2)
  const port = Number(/:(\d+)\/mcp$/.exec(lines[0] ?? '')?.[1])
  return {
    child,
    lines,
    port,
    exited,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}

async function firstLines(child: ChildProcess, count: number): Promise<readonly string[]> {
  let stdout = ''
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  while (stdout.split('\n').length <= count) {
    const [what] = await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit').then(() => ['exit'])])
    if (what === 'exit' && child.exitCode !== null) throw new Error(`serve ended: ${stderr}`)
  }
  return stdout.split('\n').slice(0, count)
}

async function registeredRepository(folder: string, home: string): Promise<string> {
  const path = join(folder, 'frontend')
  await mkdir(path)
  await gitIn(path, ['init', '--quiet', '--initial-branch', 'main'])
  await commitFiles(path, { 'readme.md': 'x\n' })
  await runCommand(['allow', path], { home })
  return path
}

test('serve says where it listens and how to tell Claude Code, and ends in order on SIGTERM', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await using server = await serving(home)
  const url = `http://127.0.0.1:${server.port}/mcp`
  expect(server.lines).toEqual([`Listening on ${url}`, `claude mcp add --transport http --scope user microvm ${url}`])
  server.child.kill('SIGTERM')
  expect(await server.exited).toEqual([0, null])
  await expect(access(join(home, 'server.json'))).rejects.toThrow('ENOENT')
})

test('a Ctrl-C that arrives twice at once still ends the server in order', async () => {
  const folder = await temporaryFolder()
  await using server = await serving(folder)
  server.child.kill('SIGINT')
  server.child.kill('SIGINT')
  expect(await server.exited).toEqual([0, null])
})

test('the commands talk to the running server and show its errors in one line', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  await mkdir(home, { mode: 0o700 })
  await using _server = await serving(home)
  await registeredRepository(folder, home)
  const run = (...args: string[]) => runCommand(args, { home })
  const refused = (line: RegExp) => ({ exitCode: 1, stdout: '', stderr: expect.stringMatching(line) })

  expect(await run('tasks')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  expect(await run('run', 'fronted', 'Do it')).toEqual(
    refused(/^Error: Repo 'fronted' not registered\. Did you mean 'frontend'\?[^\n]*\n$/),
  )
  expect(await run('run', 'frontend', 'Do it')).toEqual(refused(/^Error: No flake\.nix found[^\n]*\n$/))
  expect(await run('run', 'frontend', '')).toEqual(refused(/^Error: [^\n]*\n$/))
  expect(await run('info', '0123abcd')).toEqual(refused(/^Error: There is no task '0123abcd'[^\n]*\n$/))
  expect(await run('cleanup', '0123abcd', '--delete-ref')).toEqual(refused(/^Error: There is no task[^\n]*\n$/))
  expect(JSON.parse((await run('wait', '--timeout-ms', '1000')).stdout)).toEqual({ no_running_tasks: true })
})

test('a port that another program has is named in one line', async () => {
  const folder = await temporaryFolder()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const { exitCode, stdout, stderr } = await runCommand(['serve', '--port', String(port)], { home: folder })
  other.close()
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toMatch(new RegExp(`^Error: [^\\n]*${port}[^\\n]*\\n$`))
})

test('a second server of the same home is refused', async () => {
  const folder = await temporaryFolder()
  await using _server = await serving(folder)
  expect(await runCommand(['serve', '--port', '0'], { home: folder })).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: A server of [^\n]* runs already[^\n]*\n$/),
  })
})

const initialize = (port: number, headers: Record<string, string> = {}, address?: string) =>
  send(port, '/mcp', { method: 'POST', headers: { ...mcpHeaders, ...headers }, body: initializeBody, address })

test('with --auth only who shows the token gets in, the line for Claude Code has it, and it outlives the server', async () => {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  const path = join(home, 'mcp-token')
  let token: string
  {
    await using server = await serving(home, '--auth')
    token = (await readFile(path, 'utf8')).trim()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(server.lines[1]).toMatch(/ http:\S+\/mcp --header "Authorization: Bearer \$\(cat '[^']+\/mcp-token'\)"$/)
    expect((await initialize(server.port)).status).toBe(401)
    expect((await initialize(server.port, { authorization: `Bearer ${token}` })).status).toBe(200)
    expect(await runCommand(['tasks'], { home })).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  }
  await writeFile(join(home, 'settings.json'), '{"auth": true}')
  {
    await using server = await serving(home)
    expect((await initialize(server.port)).status).toBe(401)
    expect((await initialize(server.port, { authorization: `Bearer ${token}` })).status).toBe(200)
  }
  await chmod(path, 0o644)
  expect(await runCommand(['serve', '--port', '0'], { home })).toEqual({
    exitCode: 1,
    stdout: '',
    stderr: `Error: Others can read the token in ${path}. Run: chmod 600 '${path}'\n`,
  })
})

test('an address that others reach needs a token, and one that the host does not have is named', async () => {
  const home = await temporaryFolder()
  const refused = async (...flags: string[]) => {
    const { exitCode, stderr } = await runCommand(['serve', '--port', '0', ...flags], { home })
    expect(exitCode).toBe(1)
    return stderr
  }
  expect(await refused('--host', '0.0.0.0')).toMatch(
    /^Error: Others reach 0\.0\.0\.0, [^\n]* serve --host 0\.0\.0\.0 --auth\n$/,
  )
  expect(await refused('--host', '::')).toContain('--auth')
  expect(await refused('--host', '192.0.2.1', '--auth')).toMatch(
    /^Error: This host has no address 192\.0\.2\.1\. [^\n]*\n$/,
  )
  expect(await refused('--host', 'example.com')).toContain('must be an IP address')
  await writeFile(join(home, 'settings.json'), '{"host": "0.0.0.0"}')
  expect(await refused()).toContain('--auth')
})

test('on another address of the loopback the commands find the server, which answers to that address', async () => {
  const home = await temporaryFolder()
  await using server = await serving(home, '--host', '127.0.0.7')
  expect(server.lines[0]).toBe(`Listening on http://127.0.0.7:${server.port}/mcp`)
  expect((await initialize(server.port, {}, '127.0.0.7')).status).toBe(200)
  expect((await initialize(server.port, { host: 'evil.example' }, '127.0.0.7')).status).toBe(403)
  expect(await runCommand(['tasks'], { home })).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

test('a home folder in which others can write is refused with the cure', async () => {
  const home = await temporaryFolder()
  for (const mode of [0o722, 0o770, 0o777]) {
    await chmod(home, mode)
    expect((await runCommand(['serve', '--port', '0'], { home })).stderr).toBe(
      `Error: Others can write in ${home}. Run: chmod 700 '${home}'\n`,
    )
  }
})
