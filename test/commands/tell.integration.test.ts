import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireTaskId } from '../../main/api/views.ts'
import { startServer } from '../../main/app.ts'
import { silentLog } from '../../main/lib/log.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { runCommand } from '../support/command-line.ts'
import { guestThatForks } from '../support/machines/forking-guest.ts'
import { guestThatListens } from '../support/machines/listening-guest.ts'
import { processDriver } from '../support/machines/process-driver.ts'
import { registeredRepository } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('tell speaks to the agent of a task, interrupt has it stop, finish end, wait hears that it is idle, and info shows it', async () => {
  const root = await temporaryFolder()
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  await registeredRepository(root)
  const driver = processDriver(join(root, 'run'), guestThatListens())
  const server = await startServer({ home, port: 0, log: silentLog, env: { ANTHROPIC_API_KEY: 'sk-ant-x' }, driver })
  await using _server = { [Symbol.asyncDispose]: () => server.close() }
  const command = (...args: string[]) => runCommand(args, { home })
  const id = (await command('run', 'project', 'work')).stdout.trim()
  await expect.poll(async () => (await server.tasks.get(requireTaskId(id))).state.phase).toBe('working')

  expect(await command('tell', id, 'Use the other one')).toMatchObject({ exitCode: 0, stdout: `Sent: ${id}\n` })
  expect(await command('tell', id, 'Afterwards', '--after')).toMatchObject({ exitCode: 0 })
  expect(await command('tell', id, 'Now', '--now')).toMatchObject({ exitCode: 0 })
  expect(await command('tell', id, 'Both', '--now', '--after')).toMatchObject({
    ...{ exitCode: 1, stdout: '', stderr: expect.stringContaining('cannot be used with') },
  })
  expect(await command('tell', id, '--text')).toMatchObject({
    ...{
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(/nknown option '--text'.* behind --, and all options/s),
    },
  })
  expect(await command('tell', '--after', id, '--', '--text')).toMatchObject({ exitCode: 0 })
  const { stdout } = await command('interrupt', id)
  expect(stdout).toMatch(/^Interrupted: [0-9a-f]{8}\. It goes on with: .* tell [0-9a-f]{8} TEXT\n$/)
  const info = async () => JSON.parse((await command('info', id)).stdout) as { messages: readonly object[] }
  await expect
    .poll(async () => (await info()).messages)
    .toMatchObject([
      { kind: 'text', text: 'Use the other one', when: 'next', state: 'answered' },
      { kind: 'text', text: 'Afterwards', when: 'after', state: 'answered' },
      { kind: 'text', text: 'Now', when: 'now', state: 'answered' },
      { kind: 'text', text: '--text', when: 'after', state: 'answered' },
      { kind: 'interrupt', state: 'answered' },
    ])
  await writeFile(join(taskFiles(home, requireTaskId(id)).share, 'agent-waits'), 'Which one?')
  expect(await command('wait')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/"type": "idle".*"said": "Which one\?"/s),
  })
  expect(await command('finish', id)).toMatchObject({ exitCode: 0, stdout: `Finishing: ${id}\n` })
  await writeFile(join(taskFiles(home, requireTaskId(id)).share, 'enough'), '')
  await expect.poll(async () => (await server.tasks.get(requireTaskId(id))).announcedSeq).not.toBeNull()
  expect(await command('tell', id, 'Too late')).toMatchObject({
    ...{ exitCode: 1, stderr: expect.stringMatching(/has ended.*continue ID/s) },
  })
})

test('fork starts tasks where one has ended and prints their ids, one a line', async () => {
  const root = await temporaryFolder()
  const home = join(root, 'home')
  await mkdir(home, { mode: 0o700 })
  await registeredRepository(root)
  const driver = processDriver(join(root, 'run'), guestThatForks())
  const server = await startServer({ home, port: 0, log: silentLog, env: { ANTHROPIC_API_KEY: 'sk-ant-x' }, driver })
  await using _server = { [Symbol.asyncDispose]: () => server.close() }
  const command = (...args: string[]) => runCommand(args, { home })
  const id = (await command('run', 'project', 'work')).stdout.trim()
  await expect.poll(async () => (await server.tasks.get(requireTaskId(id))).announcedSeq).not.toBeNull()
  const { stdout, exitCode } = await command('fork', id, 'Another way', '--count', '2', '--max-tokens', '5000')
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{8}\n[0-9a-f]{8}\n$/)])
  const forks = stdout.trim().split('\n').map(requireTaskId)
  for (const fork of forks) {
    await expect.poll(async () => (await server.tasks.get(fork)).announcedSeq).not.toBeNull()
    expect(JSON.parse((await command('info', fork)).stdout)).toMatchObject({
      forked_from: id,
      description: 'Another way',
    })
  }
  expect(await command('fork', '00000000', 'x')).toMatchObject({ exitCode: 1, stdout: '' })
})
