import { createPrivateKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { foldTask } from '../../../main/core/task/transition.ts'
import { wantedAmong } from '../../../main/core/task/wanted-tasks.ts'
import { openEnvelope, signEnvelope } from '../../../main/integrations/statements/envelope.ts'
import { StatementWriter } from '../../../main/integrations/statements/statement-writer.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import type { TaskListener } from '../../../main/tasks/contract.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { runCommand } from '../../support/command-line.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { eventsOfGoodTask, taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

/** A home and a repository with one commit that a task is said to have brought. */
async function world() {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  const repo = join(folder, 'project')
  await mkdir(home, { mode: 0o700 })
  await makeRepository(repo)
  const from = await gitIn(repo, ['rev-parse', 'HEAD'])
  const to = await commitFiles(repo, { 'a.txt': 'a', 'tools/run.exe': 'x' })
  const log = recordingLog()
  const listeners = new Set<TaskListener>()
  const tasks = new Map<string, Task>()
  const finishedAt = new Date().toISOString()
  const task = async (id: string, changes: Partial<Task> = {}): Promise<Task> => {
    const good = foldTask(eventsOfGoodTask(repo), home)
    const made: Task = {
      ...{ ...good, id: taskId(id), finishedAt },
      merge: { kind: 'merged', method: 'rebase', commits: 1, branch: 'main', from, to },
      ...changes,
    }
    await mkdir(taskFiles(home, made.id).folder, { recursive: true })
    tasks.set(id, made)
    return made
  }
  /** Held back while calls are answered, if a test puts another promise there. */
  const quiet = { promise: Promise.resolve() }
  const start = (patienceMs = 60_000) =>
    StatementWriter.start({
      home,
      tasks: {
        get: async (id) => tasks.get(id) as Task,
        find: async (wanted) => wantedAmong([...tasks.values()], wanted),
        repositories: async () => [{ alias: 'project', path: repo, added: finishedAt, egress: { kind: 'closed' } }],
        quiet: () => quiet.promise,
        watch: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
      },
      version: '1.2.3',
      log: log.log,
      patienceMs,
    })
  const tell = (changed: Task) => {
    for (const listener of listeners) listener(changed.id, changed)
  }
  const verify = (args: readonly string[], cwd = repo) => runCommand(['verify', ...args], { home, cwd })
  return { folder, home, repo, from, to, log, task, start, tell, verify, quiet }
}

test('what is merged is signed, noted on its commit and told by verify; what is not merged is not', async () => {
  const { home, repo, from, to, task, start, tell, verify, log } = await world()
  const check = { command: 'npm test', exitCode: 0, output: 'fine', commit: to, image: '3210fedcba9876543210' }
  const merge = { kind: 'merged', method: 'rebase', commits: 1, branch: 'main', from, to, check } as const
  const first = await task('a0000001', { guestImage: '0123456789abcdef0123', merge })
  const input = { command: 'make all\n# and \u202e more' }
  const lines = [
    { type: 'assistant', message: { content: [{ type: 'tool_use', id: 'a', name: 'Bash', input }] } },
    {
      type: 'user',
      message: { content: [{ type: 'tool_result', tool_use_id: 'a', content: 'Exit code 2', is_error: true }] },
    },
  ]
  await writeFile(taskFiles(home, first.id).stream, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  {
    await using _writer = await start()
    tell(first)
    tell(await task('a0000002', { merge: null }))
  }
  expect(log.lines).toEqual([])
  const told = await verify(['HEAD'])
  expect(told).toMatchObject({ exitCode: 0, stderr: '' })
  expect(told.stdout).toContain(`Good: ${to} is what task a0000001 brought onto refs/heads/main`)
  expect(told.stdout).toContain(`from ${from}`)
  expect(told.stdout).toContain('network: "closed"')
  expect(told.stdout).toContain('\n  unlike the files that were there: a.txt, tools/run.exe\n')
  expect(told.stdout).toContain('\n  guest image: 0123456789abcdef0123\n')
  expect(told.stdout).toContain(
    "\n  the host's check machine reported of what landed: [0] npm test (guest image 3210fedcba9876543210)\n",
  )
  expect(told.stdout).toContain(
    "\n  the agent's program reported these commands:\n    [2] make all⟪U+000A⟫# and ⟪U+202E⟫ more\n",
  )
  expect(
    JSON.parse(await readFile(join(taskFiles(home, taskId('a0000001')).folder, 'statement.json'), 'utf8')),
  ).toMatchObject({
    payloadType: 'application/vnd.in-toto+json',
  })
  expect(await gitIn(repo, ['status', '--porcelain'])).toBe('')
  expect(await verify(['HEAD~1'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('There is no statement'),
  })
  expect(await verify(['--key', join(home, 'signing-key.pub'), 'HEAD'])).toMatchObject({ exitCode: 0 })
})

test('a statement of an earlier version, without commands and image, is as good', async () => {
  const { home, repo, to, task, start, tell, verify } = await world()
  {
    await using _writer = await start()
    tell(await task('a0000001'))
  }
  const key = createPrivateKey(await readFile(join(home, 'signing-key')))
  const note = await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'show', to])
  const statement = JSON.parse(openEnvelope(note.trim(), [key])?.payload ?? '')
  delete statement.predicate.buildDefinition.internalParameters.guestImage
  delete statement.predicate.runDetails.saidInTheAgentsMachine
  statement.predicate.runDetails.landingCheck = { exitCode: 0 }
  const former = JSON.stringify(signEnvelope(JSON.stringify(statement), key))
  await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'add', '-f', '-m', former, to])
  const told = await verify(['HEAD'])
  expect(told).toMatchObject({ exitCode: 0, stderr: '' })
  expect(told.stdout).toContain(`Good: ${to} is what task a0000001 brought onto refs/heads/main`)
  expect(told.stdout).toContain("the host's check machine reported of what landed: [0] its check\n")
  expect(told.stdout).not.toContain('guest image')
})

test('two tasks that brought one commit both stand on it, and a start makes up for what a crash kept from being said, once', async () => {
  const { repo, to, task, start, verify } = await world()
  await task('a0000001')
  await task('a0000002')
  for (let starts = 0; starts < 2; starts += 1) {
    await using _writer = await start()
  }
  const note = await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'show', to])
  expect(note.trim().split('\n')).toHaveLength(2)
  const { stdout } = await verify(['HEAD'])
  expect(stdout.match(/^Good: .*$/gm)).toHaveLength(2)
})

test('a task that was merged a second time right before the server ended is given the statement of that commit by the next start', async () => {
  const { home, repo, to, task, start, tell, verify } = await world()
  const first = await task('a0000001')
  {
    await using _writer = await start()
    tell(first)
  }
  const path = join(taskFiles(home, first.id).folder, 'statement.json')
  const written = await readFile(path, 'utf8')
  const later = await commitFiles(repo, { 'b.txt': 'b' })
  await task('a0000001', {
    merge: { kind: 'merged', method: 'rebase', commits: 1, branch: 'main', from: to, to: later },
  })
  {
    await using _writer = await start()
  }
  expect(await readFile(path, 'utf8')).not.toBe(written)
  for (const commit of [later, to]) expect(await verify([commit])).toMatchObject({ exitCode: 0 })

  // What is no statement of this home's is no reason to write another one over it.
  await writeFile(path, '{}')
  {
    await using _writer = await start()
  }
  expect(await readFile(path, 'utf8')).toBe('{}')
})

test('a repository whose git does not answer holds up neither another one nor the end of the server, and is made up for', async () => {
  const { folder, home, repo, task, start, tell, verify } = await world()
  const stuck = join(folder, 'stuck')
  await makeRepository(stuck)
  const from = await gitIn(stuck, ['rev-parse', 'HEAD'])
  const to = await commitFiles(stuck, { 'a.txt': 'a' })
  await mkdir(join(stuck, '.git/refs/notes'), { recursive: true })
  const never = join(stuck, '.git/refs/notes/microvm-orchestrator')
  await runOrThrow('mkfifo', [never]) // Whoever reads it waits for somebody to write.
  const merge = { kind: 'merged', method: 'rebase', commits: 1, branch: 'main', from, to } as const
  {
    await using _writer = await start(200)
    tell(await task('a0000001', { repoPath: stuck, merge }))
    const second = await task('a0000002')
    tell(second)
    await until(() => existsSync(join(taskFiles(home, second.id).folder, 'statement.json')))
  }
  expect(await verify(['HEAD'], repo)).toMatchObject({ exitCode: 0 })
  await rm(never)
  {
    await using _writer = await start()
    await until(() => existsSync(join(taskFiles(home, taskId('a0000001')).folder, 'statement.json')))
  }
  expect(await verify(['HEAD'], stuck)).toMatchObject({ exitCode: 0 })
})

test('a note that could not be written is made up for by the next start', async () => {
  const { repo, task, start, tell, verify, log } = await world()
  const lock = join(repo, '.git/refs/notes/microvm-orchestrator.lock')
  await mkdir(join(repo, '.git/refs/notes'), { recursive: true })
  await writeFile(lock, '')
  {
    await using _writer = await start()
    tell(await task('a0000001'))
  }
  expect(log.lines).toMatchObject([{ message: 'a statement could not be written' }])
  await rm(lock)
  {
    await using _writer = await start()
  }
  expect(await verify(['HEAD'])).toMatchObject({ exitCode: 0 })
})

test('a note that somebody else wrote, or that was of another commit, counts for nothing and does not get lost', async () => {
  const { folder, repo, to, task, start, tell, verify } = await world()
  await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'add', '-m', 'a note of the user', to])
  {
    await using _writer = await start()
    tell(await task('a0000001'))
  }
  const note = await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'show', to])
  expect(note).toMatch(/^a note of the user$/m)
  expect(await verify([to])).toMatchObject({ exitCode: 0 })

  await gitIn(repo, ['commit', '--amend', '-m', 'Not what the task brought'])
  await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'add', '-m', note, 'HEAD'])
  const refused = await verify(['HEAD'])
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is of it and signed by a key') })

  const elsewhere = join(folder, 'elsewhere')
  await mkdir(elsewhere, { mode: 0o700 })
  const stranger = await runCommand(['verify', to], { home: elsewhere, cwd: repo })
  expect(stranger).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('signing-key.pub') })
  expect(await readdir(elsewhere)).toEqual([])
})

test('a wrong name, a folder without a repository and a file without a key are refused with what to do', async () => {
  const { folder, verify } = await world()
  await writeFile(join(folder, 'none.pub'), 'nonsense')
  expect(await verify(['--', '--nonsense'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('is no commit'),
  })
  expect(await verify(['HEAD'], folder)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is no commit') })
  expect(await verify(['--key', join(folder, 'none.pub'), 'HEAD'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('holds no public key'),
  })
})

test('a statement waits while tasks are being accepted, since it starts programs', async () => {
  const { home, repo, to, task, start, tell, quiet } = await world()
  const held = Promise.withResolvers<void>()
  quiet.promise = held.promise
  const made = await task('a0000001')
  const writer = await start()
  tell(made)
  await gitIn(repo, ['status', '--porcelain'])
  expect(await readFile(join(taskFiles(home, made.id).folder, 'statement.json'), 'utf8').catch(() => 'none')).toBe(
    'none',
  )
  held.resolve()
  await writer[Symbol.asyncDispose]()
  expect(await gitIn(repo, ['notes', '--ref=microvm-orchestrator', 'show', to])).toContain('payload')
})
