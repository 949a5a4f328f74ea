import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sshEntry } from '../../main/commands/live/ssh-config.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { runCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { workingTask } from '../support/working-task.ts'

const user = ['-l', userInfo().username] // In place of the guest's: the guest is a process of this user here.

/** What ssh makes of its configuration for a host: of each setting what comes first. */
async function settingsFor(host: string, config: string): Promise<Readonly<Record<string, string>>> {
  const { ok, stdout, problem } = await run('ssh', ['-G', '-F', config, '--', host])
  if (!ok) throw new Error(problem ?? '')
  const lines = stdout.trim().split('\n').toReversed()
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]))
}

test('ssh of this host runs a program in the machine, gives its exit status, copies files both ways, several at once, and is refused at the end', async () => {
  // As root its server separates its privileges by this folder; in a guest it runs as the agent's user.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const { home, id, end } = await workingTask()
  const folder = await temporaryFolder()
  const config = join(folder, 'config')
  expect(await runCommand(['ssh-config', '--file', config], { home })).toMatchObject({
    ...{ exitCode: 0, stdout: `Added to ${config}: Include "${home}/ssh/config"\n` },
  })
  const host = `${id}.microvm`
  const ssh = (...words: string[]) => run('ssh', ['-F', config, ...user, host, ...words])

  expect(await ssh('echo said >&2; exit 7')).toMatchObject({
    exitCode: 7,
    stderr: 'said\n',
  })
  const [first, second] = await Promise.all([
    ssh('echo first; sleep 0.2'),
    ssh('cat /dev/zero | head -c 3000000 | wc -c'),
  ])
  expect([first.stdout, second.stdout]).toEqual(['first\n', '3000000\n'])

  // Editors start their server by a script on standard input, and reach it by a port that ssh forwards.
  const served = createServer((socket) => socket.on('error', () => undefined).end('served')).listen(0, '127.0.0.1')
  await once(served, 'listening')
  onTestFinished(() => void served.close())
  const input = 'echo by a script'
  expect((await run('ssh', ['-F', config, ...user, '-T', host, 'bash'], { input })).stdout).toBe('by a script\n')
  const { port } = served.address() as AddressInfo
  expect((await run('ssh', ['-F', config, ...user, '-W', `127.0.0.1:${port}`, host])).stdout).toBe('served')

  const content = randomBytes(2_000_000)
  await writeFile(join(folder, 'sent'), content)
  const copy = (from: string, to: string) =>
    run('scp', ['-q', '-F', config, '-o', `User=${userInfo().username}`, from, to])
  expect(await copy(join(folder, 'sent'), `${host}:${folder}/there`)).toMatchObject({ ok: true })
  expect(await copy(`${host}:${folder}/there`, join(folder, 'back'))).toMatchObject({ ok: true })
  expect((await readFile(join(folder, 'back'))).equals(content)).toBe(true)

  // One that is cut off ends what it ran: the machine hears of it.
  const child = spawn('ssh', [
    '-F',
    config,
    ...user,
    '-tt',
    host,
    `trap 'rm ${folder}/runs' HUP; touch ${folder}/runs; echo begun; cat`,
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const chunk of child.stdout) if (String(chunk).includes('begun')) break
  child.kill('SIGTERM')
  await expect.poll(() => readdir(folder), { timeout: 10_000 }).not.toContain('runs')

  await end()
  const refused = await ssh('true')
  expect(refused.exitCode).toBe(255)
  expect(refused.stderr).toContain(
    `Task '${id}' has ended, and its machine with it. Continue it, and it has a machine again`,
  )
})

test('the keys of a task are made once, the private ones are readable for the user alone, and they go with the task', async () => {
  const { home, id, server, end } = await workingTask()
  const never = new AbortController().signal
  const streams = await Promise.all([1, 2].map(() => server.tasks.attachments.openSsh(id, never)))
  for (const stream of streams) stream.on('error', () => undefined).destroy()
  const keys = join(home, 'ssh', `${id}.microvm`)
  expect(await readdir(join(home, 'ssh'))).toEqual([`${id}.microvm`])
  for (const name of ['key', 'host_key', 'known_hosts'])
    expect((await stat(join(keys, name))).mode & 0o777, name).toBe(0o600)
  expect(await readFile(join(keys, 'known_hosts'), 'utf8')).toBe(
    `${id}.microvm ${await readFile(join(keys, 'host_key.pub'), 'utf8')}`,
  )
  await end()
  await server.tasks.cleanup(id, { deleteRef: true, by: 'person' })
  expect(await readdir(join(home, 'ssh'))).toEqual([])
})

test('a user’s configuration keeps what it has, its mode and where it lies, and includes ours once, before all else', async () => {
  const home = await temporaryFolder()
  const kept = join(home, 'dotfiles')
  const config = join(home, '.ssh', 'config')
  await mkdir(join(home, '.ssh'))
  await writeFile(kept, 'Host *\n  ForwardAgent yes\n  StrictHostKeyChecking no\n  IdentityFile ~/.ssh/mine\n')
  await chmod(kept, 0o640)
  await symlink(kept, config)
  for (const word of ['Added to', 'Already in'])
    expect(await runCommand(['ssh-config'], { home })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(word),
    })
  expect(await readFile(kept, 'utf8')).toMatch(/^Include ".*\/ssh\/config"\n\nHost \*\n {2}ForwardAgent yes\n/)
  expect((await stat(kept)).mode & 0o777).toBe(0o640)
  expect(await settingsFor('0123abcd.microvm', config)).toMatchObject({
    ...{
      user: 'claude',
      forwardagent: 'no',
      stricthostkeychecking: 'true',
      identitiesonly: 'yes',
      identityagent: 'none',
    },
    ...{ permitlocalcommand: 'no', forwardx11: 'no', updatehostkeys: 'false', globalknownhostsfile: '/dev/null' },
    ...{ identityfile: `${home}/ssh/%h/key`, userknownhostsfile: `${home}/ssh/0123abcd.microvm/known_hosts` },
    proxycommand: expect.stringMatching(/ 'ssh-proxy' '%h'$/),
  })
  expect(await settingsFor('example.com', config)).toMatchObject({
    forwardagent: 'yes',
    stricthostkeychecking: 'false',
  })
})

test.each([
  "a'$(id)'.microvm",
  "'; id; #.microvm",
  '../../ab.microvm',
  '0123abcde.microvm',
  '0123abcd.microvm.example.com',
])('the host %j is none of ours', async (host) => {
  const config = join(await temporaryFolder(), 'config')
  await writeFile(config, sshEntry('/home/me/.microvm-orchestrator', ['microvm-orchestrator']))
  const settings = await settingsFor(host, config).catch(() => ({ proxycommand: undefined })) // ssh itself refuses some of them.
  expect(settings.proxycommand).toBeUndefined()
})

test.each(['0123abcd.microvm', '$(id)`&|.microvm'])(
  'the name %j is one word for the shell that runs the proxy',
  async (host) => {
    const folder = join(await temporaryFolder(), "it's 100 percent")
    await mkdir(folder)
    const config = join(folder, 'config')
    const seen = join(folder, 'seen')
    await writeFile(config, sshEntry('/home/me', ['bash', '-c', `printf '<%s>' "$@" >"${seen}"`, 'proxy', "it's 100%"]))
    await run('ssh', ['-F', config, '--', host])
    // ssh itself refuses the second one, unless it is old.
    const words = await readFile(seen, 'utf8').catch(() => undefined)
    if (host.startsWith('0')) expect(words).toBeDefined()
    expect(words ?? `<it's 100%><ssh-proxy><${host}>`).toBe(`<it's 100%><ssh-proxy><${host}>`)
  },
)

test('a home that the configuration of ssh cannot name is refused', () => {
  expect(() => sshEntry('/home/"me"', [])).toThrow(/cannot name/)
  expect(() => sshEntry('/home/100%h', [])).toThrow(/cannot name/)
})
