import { once } from 'node:events'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTaskId, type SlotId, type TaskId } from '../../main/core/task/task.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { TaskRecord } from '../../main/tasks/record/task-record.ts'
import { runCommand, startCommand } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary.ts'

function taskId(text: string): TaskId {
  const id = parseTaskId(text)
  if (!id) throw new Error(`No task id: ${text}`)
  return id
}

/** A home with one registered folder, and tasks on record in it; no server runs. */
async function placeWithTasks() {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const repoPath = join(folder, 'app')
  await mkdir(repoPath)
  await registerRepository(home, { path: repoPath })
  return {
    home,
    add: (id: string, description: string, createdAt = '2026-11-23T10:00:00.000Z') =>
      TaskRecord.create(
        home,
        { id: taskId(id), description, repo: 'app', repoPath, owner: null, createdAt },
        { onChange: () => undefined },
      ),
    run: (...args: string[]) => runCommand(args, { home }),
    start: (...args: string[]) => startCommand(args, { home }),
  }
}

const failure = { code: 'boot-failed', message: 'It did not start' } as const

test('tasks, info and logs answer from the files when no server runs', async () => {
  const place = await placeWithTasks()
  await using second = await place.add('00000002', 'Second\nwith more\u001b[2J below', '2026-11-23T11:00:00.000Z')
  await using first = await place.add('00000001', `First ${'x'.repeat(100)}`)
  await first.add({ type: 'slot-leased', slot: 1 as SlotId })
  await first.add({ type: 'finished', outcome: { kind: 'failed', failure } })
  await writeFile(second.files.console, 'booting\r\n\u001b[31mred\u001b[0m\n')

  expect(await place.run('tasks')).toEqual({
    exitCode: 0,
    stdout: `  00000001  failed     app  First ${'x'.repeat(65)}…\n  00000002  pending    app  Second\n`,
    stderr: '',
  })
  const { stdout } = await place.run('info', '00000001')
  expect(JSON.parse(stdout)).toMatchObject({
    task_id: '00000001',
    status: 'failed',
    error: 'It did not start',
    slot: 1,
  })
  const logs = await place.run('logs', '00000002')
  expect(logs).toEqual({ exitCode: 0, stdout: 'booting\r\n\u001b[31mred\u001b[0m\n', stderr: '' })
})

test('logs -f shows a console that comes late, what is added, and ends with the task', async () => {
  const place = await placeWithTasks()
  await using record = await place.add('0000000a', 'Work')
  await record.add({ type: 'slot-leased', slot: 1 as SlotId })
  const follow = place.start('logs', '-f', '0000000a')
  let shown = ''
  follow.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  const until = async (text: string) => {
    while (!shown.includes(text)) await once(follow.stdout ?? follow, 'data')
  }
  await writeFile(record.files.console, 'one\n')
  await until('one')
  await appendFile(record.files.console, 'two\n')
  await until('two')
  expect(follow.exitCode).toBeNull()
  await appendFile(record.files.console, 'three\n')
  await record.add({ type: 'finished', outcome: { kind: 'failed', failure } })
  const [exitCode] = await once(follow, 'close')
  expect({ exitCode, shown }).toEqual({ exitCode: 0, shown: 'one\ntwo\nthree\n' })
})

test('a task with no console yet says so', async () => {
  const place = await placeWithTasks()
  await using _record = await place.add('0000000b', 'Work')
  expect(await place.run('logs', '0000000b')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: The task has no console output yet.*\n$/),
  })
})

test('a terminal is shown the console as plain text', async () => {
  const place = await placeWithTasks()
  await using record = await place.add('0000000c', 'Work')
  await writeFile(record.files.console, '\u001b]0;owned\u0007\u001b[31mred\u001b[0m\u001b]52;c;aGk=\u0007 end\n')
  const launcher = join(import.meta.dirname, '../../main/microvm-orchestrator.mjs')
  const { promise, resolve } = Promise.withResolvers<string>()
  const { execFile } = await import('node:child_process')
  const command = [process.execPath, launcher, 'logs', '0000000c']
  const linux = ['-qec', command.map((word) => `'${word}'`).join(' '), '/dev/null']
  execFile(
    'script',
    process.platform === 'linux' ? linux : ['-q', '/dev/null', ...command],
    { env: { PATH: process.env.PATH, MICROVM_ORCHESTRATOR_HOME: place.home, SHELL: '/bin/sh' } },
    (_, stdout) => resolve(stdout),
  )
  expect(await promise).toBe('red end\r\n')
})

test.each([[['run', 'app', 'Do it']], [['wait']], [['cancel', '0000000a']], [['cleanup', '0000000a']]])(
  '%j needs a server, and says how to start one',
  async (args) => {
    const place = await placeWithTasks()
    expect(await place.run(...args)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^Error: No server is running\. Start one: \S*microvm-orchestrator(\.mjs)? serve\n$/,
      ),
    })
  },
)

test('network sums up what a task reached and was refused, whatever a guest made of the names', async () => {
  const place = await placeWithTasks()
  await using task = await place.add('00000001', 'Work')
  expect(await place.run('network', '00000001')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('No network log'),
  })
  const at = '2026-11-23T10:00:00.000Z'
  const github = { at, host: 'github.com', port: 443 }
  const lines = [
    { ...github, verdict: 'reached' },
    { ...github, verdict: 'reached' },
    { ...github, verdict: 'ended', up: 10, down: 2000 },
    { at, verdict: 'refused', host: '\u001b]0;x\u0007evil.example', port: 80, reason: 'not-listed' },
    { ...github, verdict: 'failed', reason: 'unreachable' },
    { at, verdict: 'api', host: 'api.anthropic.com', port: 443, up: 5, down: 6 },
    { at, verdict: 'invented', host: 'later.example' },
    { at, verdict: 'full', of: 'refused' },
  ]
  await writeFile(task.files.network, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  expect(await place.run('network', '00000001')).toEqual({
    exitCode: 0,
    stdout: [
      '  github.com:443: reached 2 times, 10 bytes up, 2000 bytes down; failed once (unreachable)',
      '  ?]0;x?evil.example:80: refused once (not-listed)',
      '  api.anthropic.com:443: reached once, 5 bytes up, 6 bytes down',
      '',
    ].join('\n'),
    stderr: `There was more of 'refused' than the log holds: ${task.files.network}\n`,
  })
})
