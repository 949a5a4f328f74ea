import { constants, existsSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../main/lib/files/look.ts'
import { runOrThrow } from '../../main/lib/processes/spawn.ts'
import { finalLine, print, runnerKey, runnerWorld, toldFirst } from '../support/machines/task-runner.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const claudeReads = `${toldFirst} >"$SEEN/task"\n${print(finalLine('Read'))}`

test.for([
  ['quotes and substitutions', `it's "quoted" $(touch /tmp/no) \`id\` \\ %s %n`],
  ['a leading dash', '--help\n-p x'],
  ['line ends and Unicode', '\n\n first\r\n\ttab\u2028ünï 🙂\n\n'],
  ['a megabyte', 'x y\n'.repeat(262_144)],
])('a task text with %s reaches Claude byte by byte', async ([, task]) => {
  const world = await runnerWorld(await temporaryFolder(), { task: task ?? '', claude: claudeReads })
  await world.run()
  expect(await world.read(join(world.seen, 'task'))).toBe(task)
  expect(await world.result()).toMatchObject({ success: true, summary: 'Read', error: null, exit_code: 0 })
  expect(await world.read(join(world.seen, 'claude-arguments'))).toBe(
    '--dangerously-skip-permissions\0--input-format\0stream-json\0--output-format\0stream-json\0--verbose\0-p\0',
  )
})

test.for([
  ['a command of Claude Code', '/status returns 404', ' /status returns 404'],
  ['nothing but a slash', '/', ' /'],
  ['two slashes', '//', ' //'],
  ['a path', '/home/u/x.ts is broken\n', ' /home/u/x.ts is broken\n'],
  ['a space before it', ' /clear', ' /clear'],
  ['a mark of byte order before it', '\ufeff/clear', '\ufeff/clear'],
  ['a slash further in', 'ü/clear\n/clear', 'ü/clear\n/clear'],
  ['nothing', '', ''],
] as const)('a text with %s is no command of Claude Code', async ([, task, given]) => {
  const world = await runnerWorld(await temporaryFolder(), { task, claude: claudeReads })
  await world.run()
  expect(await world.read(join(world.seen, 'task'))).toBe(given)
})

test('the first line says when the runner started, and the machine goes off at the end', async () => {
  const world = await runnerWorld(await temporaryFolder())
  const { stdout } = await world.run()
  expect(stdout.split('\n')[0]).toMatch(/^microvm: runner started up=\d+\.\d+$/)
  expect(await readdir(world.share)).toContain('started')
  expect(await world.read(join(world.seen, 'power-off'))).toBe('off\n')
})

/** A runner in a machine that was booted ahead; it waits when this resolves. */
async function standingBy(options: Parameters<typeof runnerWorld>[1] = {}) {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, options)
  const place = (name: string) => writeFile(join(world.share, name), '')
  const told = join(folder, 'state', 'told')
  const stop = new AbortController()
  await place('standby')
  const running = world.run(stop.signal)
  await until(() => existsSync(join(world.share, 'waiting')))
  /** A runner that has found its task has removed the pipe, however many lines were meant for it: none is made in its place. */
  const tell = async (): Promise<void> => {
    try {
      await writeFile(told, '\n', { flag: constants.O_WRONLY })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return tell()
      if (code !== 'ENOENT') throw error
    }
  }
  return { world, place, told, stop, running, tell }
}

test('booted ahead it waits until it is told and finds its go, and then does its task as ever', async () => {
  const { world, place, tell, told, running } = await standingBy()
  await until(async () => (await world.read(join(world.seen, 'primed')).catch(() => '')) === 'claude\nnix\n')
  await tell() // The host's time, say.
  await tell()
  expect(await readdir(world.share)).not.toContain('started')
  await place('go')
  await tell()
  const { stdout } = await running
  expect(stdout).toMatch(/^microvm: booted ahead, waiting for a task\nmicrovm: runner started up=/)
  expect(await world.result()).toMatchObject({ success: true, error: null })
  expect(existsSync(told)).toBe(false)
})

test('a task that was there before it waited is not waited for', async () => {
  const world = await runnerWorld(await temporaryFolder())
  for (const name of ['standby', 'go']) await writeFile(join(world.share, name), '')
  await world.run()
  expect(await world.result()).toMatchObject({ success: true })
})

test('a machine that is to go off while it waits leaves no result', async () => {
  const { world, stop, running } = await standingBy()
  stop.abort()
  await running
  expect(await readdir(world.share)).toEqual(expect.not.arrayContaining(['result.json', 'started']))
  expect(await world.read(join(world.seen, 'power-off'))).toBe('off\n')
})

test('only Claude gets the key, and no file, argument or output keeps it', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, { claude: `${print(finalLine('Done'))}rm "$SEEN/claude-environment"` })
  const keyed = await runnerWorld(await temporaryFolder())
  await keyed.run()
  expect(await keyed.read(join(keyed.seen, 'claude-environment'))).toContain(`\0ANTHROPIC_API_KEY=${runnerKey}\0`)
  expect(await keyed.read(join(keyed.seen, 'nix-environment'))).not.toContain(runnerKey)

  const { stdout, stderr } = await world.run()
  expect(stdout + stderr).not.toContain(runnerKey)
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile())) {
    expect(await readFile(join(file.parentPath, file.name), 'latin1'), file.name).not.toContain(runnerKey)
  }
  expect(await readdir(world.share)).not.toContain('.api-key')
})

test('the key is gone too when the development shell cannot be entered', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, { nix: 'echo "error: no such attribute" >&2; exit 1' })
  await world.run()
  const { success, error, exit_code } = await world.result()
  expect({ success, exit_code }).toEqual({ success: false, exit_code: 1 })
  expect(error).toMatch(/^nix develop failed[\s\S]*error: no such attribute/)
  expect(await readdir(world.share)).not.toContain('.api-key')
  expect(await readdir(join(folder, 'state', 'private'))).not.toContain('key')
})

test('what the host gives reaches Claude, under the name it chose for the key', async () => {
  const environment = {
    MICROVM_KEY_VARIABLE: 'CLAUDE_CODE_OAUTH_TOKEN',
    ANTHROPIC_BASE_URL: 'http://10.0.2.100:9/a=b',
    ODD: 'two\nlines',
  }
  const world = await runnerWorld(await temporaryFolder(), { environment })
  await world.run()
  const seen = (await world.read(join(world.seen, 'claude-environment'))).split('\0')
  expect(seen).toContain(`CLAUDE_CODE_OAUTH_TOKEN=${runnerKey}`)
  expect(seen).toContain('ANTHROPIC_BASE_URL=http://10.0.2.100:9/a=b')
  expect(seen).toContain('ODD=two\nlines')
  expect(seen.filter((pair) => pair.startsWith('MICROVM_'))).toEqual([])
})

test('with no network nix asks neither a cache nor a registry', async () => {
  const world = await runnerWorld(await temporaryFolder())
  await world.run()
  const seen = (await world.read(join(world.seen, 'nix-environment'))).split('\0')
  expect(seen.find((pair) => pair.startsWith('NIX_CONFIG='))).toMatch(/substituters =\nflake-registry =\n/)
})

test.for([
  ['a refused key', { is_error: true, api_error_status: 401 }, 'Claude failed: the API answered 401. Invalid key'],
  ['an error that calls itself success', { is_error: true }, 'Claude failed: Invalid key'],
  ['too many turns', { subtype: 'error_max_turns' }, 'Claude stopped early: error_max_turns'],
] as const)('%s is a failure with its reason', async ([, fields, error]) => {
  const claude = `${print(finalLine('Invalid key', fields))}exit 1`
  const world = await runnerWorld(await temporaryFolder(), { claude })
  await world.run()
  expect(await world.result()).toMatchObject({ success: false, summary: 'Invalid key', error, exit_code: 1 })
})

const said = (model: string) => print(JSON.stringify({ type: 'assistant', message: { model, content: [] } }))

test.for([
  ['no turn of the model', print(finalLine('Set model to Opus', { num_turns: 0 })), false],
  ['a turn that is told as none', said('claude-x') + print(finalLine('Reviewed', { num_turns: 0 })), true],
  [
    'an answer of Claude Code in place of the model',
    said('<synthetic>') + print(finalLine('', { num_turns: 0 })),
    false,
  ],
  ['a turn before the last', print(finalLine('A', { num_turns: 2 })) + print(finalLine('B', { num_turns: 0 })), true],
] as const)('a result with %s is success or a failure with its reason', async ([, claude, success]) => {
  const world = await runnerWorld(await temporaryFolder(), { claude })
  await world.run()
  const error = success ? null : expect.stringMatching(/^Claude ended without asking the model/)
  expect(await world.result()).toMatchObject({ success, error, exit_code: 0 })
})

const tasksLine = (...types: readonly string[]) =>
  print(
    JSON.stringify({
      ...{ type: 'system', subtype: 'background_tasks_changed' },
      tasks: types.map((task_type) => ({ task_type })),
    }),
  )
const idleLimit = { MICROVM_IDLE_BACKGROUND_SECONDS: '1' }
const answered = print(finalLine('Done', { num_turns: 1 }))

test('an agent that only waits for a command in the background ends after the limit, with what it answered', async () => {
  const claude = `${tasksLine('local_bash')}${answered}sleep 1000 & echo $$ >"$SEEN/pid"; wait; wait`
  const world = await runnerWorld(await temporaryFolder(), { claude, environment: idleLimit })
  const { stdout } = await world.run()
  expect(stdout).toContain('ending Claude, which has waited 1 s for a command in the background')
  expect(await world.result()).toEqual({ success: true, summary: 'Done', error: null, exit_code: 0 })
  const pid = Number(await world.read(join(world.seen, 'pid')))
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test.for([
  ['an agent of its own works in the background', `${tasksLine('local_agent', 'local_bash')}${answered}`],
  ['it works again', `${answered}${said('claude-x')}`],
  ['it has not answered yet', tasksLine('local_bash')],
])('an agent is not ended while %s', async ([, before]) => {
  const claude = `${before}sleep 4; ${print(finalLine('At last', { num_turns: 1 }))}`
  const world = await runnerWorld(await temporaryFolder(), { claude, environment: idleLimit })
  const { stdout } = await world.run()
  expect(stdout).not.toContain('ending Claude')
  expect(await world.result()).toMatchObject({ success: true, summary: 'At last' })
})

test.for([
  ['no stream', 'echo "something broke" >&2; exit 3'],
  ['half a line', `printf '{"type":"result","is_er'; echo "something broke" >&2; exit 3`],
  ['no result among its lines', `${print('{"type":"assistant"}')}${print('[1]')}echo "something broke" >&2; exit 3`],
])('a Claude that leaves %s is a failure with the last it said', async ([, claude]) => {
  const world = await runnerWorld(await temporaryFolder(), { claude: claude ?? '' })
  await world.run()
  const { success, error, exit_code } = await world.result()
  expect({ success, exit_code }).toEqual({ success: false, exit_code: 3 })
  expect(error).toMatch(/^Claude ended without a result \(exit status 3\)[\s\S]*something broke/)
})

test('a person at the console reads what Claude says and does, with no control characters', async () => {
  const content = [
    { type: 'text', text: 'I look\n\u001b[2Jaround' },
    { type: 'tool_use', name: 'Bash', input: { command: 'git status' } },
  ]
  const claude = `${print(JSON.stringify({ type: 'assistant', message: { content } }))}${print(finalLine('Done'))}`
  const { stdout } = await (await runnerWorld(await temporaryFolder(), { claude })).run()
  expect(stdout).toContain('microvm: claude says: I look [2Jaround\n')
  expect(stdout).toContain('microvm: claude uses Bash: git status\n')
})

test.for([
  ['a pipe that nobody reads', 'mkfifo ../result.json'],
  ['a link to a file', 'echo mine >"$SEEN/linked"; ln -s "$SEEN/linked" ../result.json'],
  ['a link to nothing', 'ln -s "$SEEN/nothing" ../result.json'],
  ['a file', 'echo "{}" >../result.json'],
] as const)('the result takes the place of %s that the agent left there', async ([, leave]) => {
  const world = await runnerWorld(await temporaryFolder(), { claude: `${leave}\n${print(finalLine('Done'))}` })
  await world.run()
  expect((await lstat(join(world.share, 'result.json'))).isFile()).toBe(true)
  expect(await world.result()).toMatchObject({ success: true, summary: 'Done' })
  if (leave.includes('linked')) expect(await world.read(join(world.seen, 'linked'))).toBe('mine\n')
})

test('a stop while Claude works ends Claude, leaves a result and powers off', async () => {
  const claude = 'echo $$ >"$SEEN/pid.new"; mv "$SEEN/pid.new" "$SEEN/pid"; sleep 1000 & wait'
  const world = await runnerWorld(await temporaryFolder(), { claude })
  const stop = new AbortController()
  const running = world.run(stop.signal)
  await until(async () => (await readdir(world.seen)).includes('pid'))
  stop.abort()
  await running
  expect(await world.result()).toMatchObject({ success: false, error: 'The machine was asked to power off' })
  expect(await world.read(join(world.seen, 'power-off'))).toBe('off\n')
  const pid = Number(await world.read(join(world.seen, 'pid')))
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('with no share the machine goes off at once', async () => {
  const world = await runnerWorld(await temporaryFolder())
  await rm(world.share, { recursive: true })
  const { stdout } = await world.run()
  expect(stdout).toContain('the share is not mounted')
  expect(await world.read(join(world.seen, 'power-off'))).toBe('off\n')
})

test('trouble that the init found ends the task before Claude starts', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder)
  await writeFile(join(folder, 'state', 'trouble'), 'The disk is odd\n')
  await world.run()
  expect(await world.result()).toMatchObject({ success: false, error: 'The disk is odd' })
  expect(await readdir(world.seen)).not.toContain('claude-arguments')
})

test('settings of tools that have no variable are files of the agent’s, as they were given', async () => {
  const folder = await temporaryFolder()
  const texts = {
    MICROVM_CARGO_CONFIG: '[source."a b"]\n\n',
    MICROVM_CONTAINER_REGISTRIES: '[[registry]]\n$(id) \'"\n',
  }
  const world = await runnerWorld(folder, { environment: texts })
  await world.run()
  expect(await world.result()).toMatchObject({ success: true })
  const laid = ['.cargo/config.toml', '.config/containers/registries.conf.d/microvm.conf']
  expect(await Promise.all(laid.map((path) => world.read(join(folder, 'home', path))))).toEqual(Object.values(texts))
  expect(await world.read(join(world.seen, 'claude-environment'))).not.toContain('MICROVM_C')
})

const open = { MICROVM_NETWORK: 'open' }

test('an open network needs a route and a name server, however late they come', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, { environment: open })
  const running = world.run()
  await until(async () => (await readdir(world.share)).includes('started'))
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 192.0.2.1\n')
  await writeFile(join(folder, 'routes'), 'Iface Destination Gateway\neth0 00000000 0202000A\n')
  await running
  expect(await world.result()).toMatchObject({ success: true })
  expect(await world.read(join(world.seen, 'nix-environment'))).not.toContain('NIX_CONFIG')
})

test('an open network that does not come up ends the task before Claude starts', async () => {
  const world = await runnerWorld(await temporaryFolder(), { environment: open })
  await world.run()
  const { success, error } = await world.result()
  expect({ success, error }).toEqual({ success: false, error: expect.stringMatching(/^Network is not ready/) })
  expect(await readdir(world.seen)).not.toContain('claude-arguments')
})

test('a host that runs out of descriptors gets back the files that the guest only remembers', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, {
    claude: `until [ -s '${folder}/drop_caches' ]; do sleep 0.1; done; ${print(finalLine('Done'))}`,
  })
  await writeFile(join(folder, 'slabinfo'), 'slabinfo - version: 2.1\nfuse_inode 9000 9100 900\n')
  await world.run()
  expect(await world.read(join(folder, 'drop_caches'))).toBe('2\n')
})

test.for([
  ['2.5', '--max-budget-usd\0' + '2.5\0'],
  ['$(touch /tmp/no)', ''],
])('a budget of %s reaches Claude only as a number, and never its environment', async ([budget, argument]) => {
  const environment = { MICROVM_MAX_BUDGET_USD: budget ?? '' }
  const world = await runnerWorld(await temporaryFolder(), { environment })
  await world.run()
  expect(await world.read(join(world.seen, 'claude-arguments'))).toBe(
    `--dangerously-skip-permissions\0${argument}--input-format\0stream-json\0--output-format\0stream-json\0--verbose\0-p\0`,
  )
  expect(await world.read(join(world.seen, 'claude-environment'))).not.toContain('MICROVM')
})

test('a task that goes on has its session back and is told so; what an earlier run left in the stream is not its result', async () => {
  const session = '42d1ebe2-975d-4685-aba3-9787793c0ad4'
  const folder = await temporaryFolder()
  const limit = finalLine('At the limit', { is_error: true, api_error_status: 429 })
  const claude = `mkdir -p "$HOME/.claude/projects/p"; touch "$HOME/.claude/projects/p/${session}.jsonl"\n${print(limit)}`
  const first = await runnerWorld(folder, { claude })
  await first.run()
  expect(await first.result()).toMatchObject({ success: false, error: expect.stringContaining('429') })
  await rm(join(folder, 'home'), { recursive: true })

  const environment = { MICROVM_RESUME_SESSION: session }
  const remembers = `ls "$HOME/.claude/projects/p" >"$SEEN/remembered"; ${toldFirst} >"$SEEN/task"; exit 3`
  const second = await runnerWorld(folder, { claude: remembers, environment })
  await second.run()
  expect(await second.read(join(second.seen, 'claude-arguments'))).toContain(`\0--resume\0${session}\0`)
  expect(await second.read(join(second.seen, 'remembered'))).toBe(`${session}.jsonl\n`)
  expect(await second.read(join(second.seen, 'task'))).toMatch(/^You were interrupted .*: go on with your task/)
  expect(await second.result()).toMatchObject({ error: expect.stringMatching(/^Claude ended without a result/) })

  const other = { MICROVM_RESUME_SESSION: session.replace('4', '5') }
  const third = await runnerWorld(folder, { claude: claudeReads, environment: other })
  const { stdout } = await third.run()
  expect(stdout).toContain('the earlier session is gone, the task begins anew')
  expect(await third.read(join(third.seen, 'claude-arguments'))).not.toContain('--resume')
  expect(await third.read(join(third.seen, 'task'))).toBe('Do it')
  expect(await third.result()).toMatchObject({ success: true, summary: 'Read' })
})

test('a task that is continued is told its text; without its session also what it was told first, and its session is kept at every end', async () => {
  const session = '42d1ebe2-975d-4685-aba3-9787793c0ad4'
  const folder = await temporaryFolder()
  const remembers = `mkdir -p "$HOME/.claude/projects/p"; touch "$HOME/.claude/projects/p/${session}.jsonl"\n`
  const first = await runnerWorld(folder, { claude: `${remembers}${print(finalLine('Done'))}` })
  await first.run()
  expect(await first.result()).toMatchObject({ success: true })
  await writeFile(join(first.share, 'continue.md'), '/more of it')

  await rm(join(folder, 'home'), { recursive: true })
  const environment = { MICROVM_RESUME_SESSION: session }
  const second = await runnerWorld(folder, { claude: claudeReads, environment })
  await second.run()
  expect(await second.read(join(second.seen, 'claude-arguments'))).toContain(`\0--resume\0${session}\0`)
  expect(await second.read(join(second.seen, 'task'))).toBe(' /more of it')

  const third = await runnerWorld(folder, { claude: claudeReads })
  await third.run()
  expect(await third.read(join(third.seen, 'claude-arguments'))).not.toContain('--resume')
  expect(await third.read(join(third.seen, 'task'))).toBe('Do it\n\n/more of it')

  // One that is stopped keeps it, too.
  await rm(join(folder, 'home'), { recursive: true })
  await rm(join(first.share, 'session'), { recursive: true })
  const stop = new AbortController()
  const fourth = await runnerWorld(folder, { claude: `${remembers}touch "$SEEN/there"; sleep 1000` })
  const ran = fourth.run(stop.signal)
  await expect.poll(() => pathExists(join(fourth.seen, 'there'))).toBe(true)
  stop.abort()
  await ran
  expect(await fourth.result()).toMatchObject({ success: false })
  expect(await pathExists(join(first.share, 'session', 'p', `${session}.jsonl`))).toBe(true)
})

test('what was left uncommitted is committed before the agent goes on where the host says so; an operation under way and an inner repository are left', async () => {
  const folder = await temporaryFolder()
  const environment = { MICROVM_WIP_SUBJECT: 'WIP: left' }
  const claude = `git log --format=%s >"$SEEN/log"; git status --porcelain >"$SEEN/status"\n${print(finalLine('Done'))}`
  const world = await runnerWorld(folder, { claude, environment })
  const seen = async () => [
    await world.read(join(world.seen, 'log')),
    (await world.read(join(world.seen, 'status'))).replaceAll(/^.. (result|claude).*\n/gm, ''),
  ]
  await writeFile(join(world.repo, 'left'), 'left')
  await mkdir(join(world.repo, '.git', 'hooks'), { recursive: true })
  await writeFile(join(world.repo, '.git', 'hooks', 'pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  await world.run()
  expect(await seen()).toEqual(['WIP: left\nStart\n', ''])
  await world.run()
  expect(await seen()).toEqual(['WIP: left\nStart\n', ''])

  await writeFile(join(world.repo, 'left'), 'changed')
  await writeFile(join(world.repo, '.git', 'MERGE_HEAD'), `${'0'.repeat(40)}\n`)
  await world.run()
  expect((await seen())[0]).toBe('WIP: left\nStart\n')
  await rm(join(world.repo, '.git', 'MERGE_HEAD'))
  await runOrThrow('git', ['init', '-q', 'inner'], { cwd: world.repo })
  const commit = ['-c', 'user.name=T', '-c', 'user.email=t@example.com', 'commit', '-q', '--allow-empty', '-m', 'Inner']
  await runOrThrow('git', ['-C', 'inner', ...commit], { cwd: world.repo })
  await world.run()
  expect(await seen()).toEqual(['WIP: left\nStart\n', ' M left\n?? inner/\n'])
})

test.for([
  ['succeeds', 'cat mine; touch left-behind; echo fine >&2', { exit_code: 0, output: 'mine\nfine\n' }],
  [
    'fails',
    'head -c 200000 /dev/zero | tr "\\0" x; echo end; exit 7',
    { exit_code: 7, output: expect.stringMatching(/^x{65532}end\n$/) },
  ],
] as const)(
  'a check that %s runs after Claude in a copy of the clone, without the key, and is told',
  async ([, command, check]) => {
    const folder = await temporaryFolder()
    const world = await runnerWorld(folder, {
      claude: `echo mine >mine\n${print(finalLine('Done'))}`,
      environment: { MICROVM_CHECK: `env >'${folder}/check-environment'; ${command}`, PROJECT: 'yes' },
    })
    await world.run()
    expect(await world.result()).toMatchObject({ success: true, check })
    expect(existsSync(join(world.repo, 'left-behind'))).toBe(false)
    const environment = await world.read(join(folder, 'check-environment'))
    expect(environment).toContain('PROJECT=yes')
    expect(environment).not.toMatch(/ANTHROPIC_API_KEY|MICROVM_(STATE|WORKSPACE|CHECK)/)
    expect(existsSync(join(folder, 'check'))).toBe(false)
  },
)

test('a check that takes longer than its time is ended with all that it started, and told', async () => {
  const folder = await temporaryFolder()
  const command = `echo begun; sleep 600 & echo $! >'${folder}/child'; wait`
  const world = await runnerWorld(folder, { environment: { MICROVM_CHECK: command, MICROVM_CHECK_SECONDS: '1' } })
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, check: { output: 'begun\n', timed_out: true } })
  const child = Number(await world.read(join(folder, 'child')))
  expect(() => process.kill(child, 0)).toThrow('ESRCH')
})

test('a check that ends with the status of one whose time is over is not one', async () => {
  const world = await runnerWorld(await temporaryFolder(), {
    environment: { MICROVM_CHECK: 'exit 124', MICROVM_CHECK_SECONDS: '600' },
  })
  await world.run()
  expect((await world.result()).check).toEqual({ exit_code: 124, output: '' })
})

test('a machine for the check alone runs it in the development shell, and no agent', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, {
    claude: 'touch "$SEEN/worked"',
    environment: { MICROVM_CHECK: 'ls; exit 3', MICROVM_CHECK_ONLY: 'yes' },
  })
  await writeFile(join(world.repo, 'here'), '')
  await rm(join(world.share, '.api-key'))
  await world.run()
  expect(await world.result()).toMatchObject({ success: true, check: { exit_code: 3, output: 'here\n' } })
  expect(await world.read(join(world.seen, 'nix-arguments'))).toContain('develop')
  expect(existsSync(join(world.seen, 'worked'))).toBe(false)
  expect(await world.read(join(world.seen, 'power-off'))).toBe('off\n')
})

test('where Claude failed there is nothing to check', async () => {
  const folder = await temporaryFolder()
  const world = await runnerWorld(folder, {
    claude: 'exit 3',
    environment: { MICROVM_CHECK: `touch '${folder}/checked'` },
  })
  await world.run()
  expect(await world.result()).not.toHaveProperty('check')
  expect(existsSync(join(folder, 'checked'))).toBe(false)
})
