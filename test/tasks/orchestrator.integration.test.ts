import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskView } from '../../main/core/task/view.ts'
import type { MachineDriver } from '../../main/machines/driver.ts'
import { removeRepository } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../support/git/repositories.ts'
import {
  guestThatCommits,
  registeredRepository,
  startOrchestrator,
  testKey,
  untilEnded,
} from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe('a task that goes well', () => {
  test('ends with its commit on the branch, one event, its files written and its slot free', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
    const { orchestrator, events } = setup
    const id = await orchestrator.run({ description: 'say hello', repo: 'project' })
    expect(orchestrator.slots().find(({ taskId }) => taskId === id)).toBeDefined()

    const task = await untilEnded(orchestrator, id)
    expect(taskView(task)).toMatchObject({
      status: 'completed',
      result: { success: true, summary: 'Done.', files_changed: ['greeting.txt'] },
      merge_result: { merged: true, method: 'fast-forward', commits: 1, conflicts: [] },
      exit_code: 0,
    })
    expect(await readFile(join(repo, 'greeting.txt'), 'utf8')).toBe('from say hello\n')
    expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
    expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
    expect(events.read(0)).toMatchObject([{ taskId: id, type: 'completed', mergeResult: { merged: true } }])
    expect(orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)

    const files = taskFiles(setup.home, id)
    expect(JSON.parse(await readFile(files.result, 'utf8'))).toMatchObject({
      success: true,
      files_changed: ['greeting.txt'],
    })
    expect(JSON.parse(await readFile(files.mergeResult, 'utf8'))).toMatchObject({
      merged: true,
      method: 'fast-forward',
    })
    expect(await gitIn(repo, ['status', '--porcelain'])).toBe('')
  })

  test('ten at once in one repository all come onto the branch, none is lost, and an eleventh is told who is busy', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const guest = guestThatCommits('$(cat $SHARE/task.md).txt', 'until [ -e $HOME/../go ]; do sleep 0.05; done')
    await using setup = await startOrchestrator({ root, guest })
    const { orchestrator, events } = setup
    const names = Array.from({ length: 10 }, (_, n) => `file-${n}`)
    const ids = await Promise.all(names.map((description) => orchestrator.run({ description, repo: 'project' })))
    await expect(orchestrator.run({ description: 'one more', repo: 'project' })).rejects.toThrow(
      /^All 10 slots are busy/,
    )
    await mkdir(join(root, 'run'), { recursive: true })
    await writeFile(join(root, 'run', 'go'), '')

    const tasks = await Promise.all(ids.map((id) => untilEnded(orchestrator, id)))
    expect(tasks.map(taskView).filter(({ merge_result }) => !merge_result?.merged)).toEqual([])
    const subjects = await subjectsOf(repo)
    expect(subjects).toHaveLength(11)
    for (const name of names) await access(join(repo, `${name}.txt`))
    expect(events.read(0).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(await gitIn(repo, ['status', '--porcelain'])).toBe('')
  })

  test('is rebased when the branch moved meanwhile, and the user’s own changes stay', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const guest = guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done')
    await using setup = await startOrchestrator({ root, guest })
    const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await setup.orchestrator.get(id)).state.phase).toBe('working')
    await commitFiles(repo, { 'mine.txt': 'mine\n' }, 'My own commit')
    await writeFile(join(repo, 'README.md'), 'not committed yet\n')
    await writeFile(join(root, 'run', id, 'go'), '')
    expect(taskView(await untilEnded(setup.orchestrator, id)).merge_result).toMatchObject({
      merged: true,
      method: 'rebase',
    })
    expect((await subjectsOf(repo)).slice(0, 2)).toEqual(['Add greeting.txt', 'My own commit'])
    expect(await readFile(join(repo, 'README.md'), 'utf8')).toBe('not committed yet\n')
  })
})

describe('a task that does not go well', () => {
  const commitFirst = 'touch $SHARE/started; cd $REPO; echo work > work.txt; git add -A; git commit -q -m Work;'
  test.each<[string, string, string, RegExp]>([
    ['writes no result', `${commitFirst} exit 0`, 'result-missing', /without writing a result/],
    [
      'writes half a JSON',
      `${commitFirst} printf '{"success": tr' > $SHARE/result.json`,
      'result-invalid',
      /no complete JSON/,
    ],
    [
      'writes a hundred megabytes',
      `${commitFirst} head -c 100000000 /dev/zero > $SHARE/result.json`,
      'result-invalid',
      /larger than/,
    ],
    ['crashes', `${commitFirst} exit 3`, 'guest-failed', /ended unexpectedly/],
    [
      'says that its agent failed',
      `${commitFirst} echo '{"success":false,"summary":"","files_changed":[],"error":"API error 529: overloaded"}' > $SHARE/result.json`,
      'agent-failed',
      /529/,
    ],
  ])(
    'because its guest %s keeps the work at its ref, says why, and frees the slot',
    async (_what, guest, code, message) => {
      const root = await temporaryFolder()
      const repo = await registeredRepository(root)
      await using setup = await startOrchestrator({ root, guest })
      const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
      const task = await untilEnded(setup.orchestrator, id)
      expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'failed', failure: { code } } })
      expect(taskView(task)).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(message),
        merge_result: { merged: false, reason: 'task_failed', task_ref: `refs/tasks/${id}` },
      })
      expect(await gitIn(repo, ['show', `refs/tasks/${id}:work.txt`])).toBe('work')
      expect(await subjectsOf(repo)).toHaveLength(1)
      expect(setup.orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
      expect(setup.events.read(0)).toMatchObject([
        { taskId: id, type: 'failed', error: expect.stringMatching(message) },
      ])
    },
  )

  test('because it ran out of time keeps what was not committed as a last WIP commit', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const guest = 'touch $SHARE/started; cd $REPO; echo draft > draft.txt; sleep 60'
    await using setup = await startOrchestrator({ root, guest, limits: { taskTimeoutMs: 1500 } })
    const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
    const task = await untilEnded(setup.orchestrator, id)
    expect(taskView(task).error).toMatch(/time limit of 2 s/)
    expect(await gitIn(repo, ['log', '-1', '--format=%s', `refs/tasks/${id}`])).toBe(
      `WIP: uncommitted work of task ${id}`,
    )
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
  })

  test('because its repository is gone is refused, and no slot is taken', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
    await rm(join(repo, '.git'), { recursive: true })
    await expect(setup.orchestrator.run({ description: 'work', repo: 'project' })).rejects.toMatchObject({
      code: 'repository-invalid',
    })
    expect(await setup.orchestrator.list()).toEqual([])
    expect(setup.orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  })
})

test('a repository taken off the list while its task runs still gets its commit', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = guestThatCommits('greeting.txt', 'sleep 0.5')
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
  await removeRepository(setup.home, 'project')
  expect(taskView(await untilEnded(setup.orchestrator, id))).toMatchObject({
    status: 'completed',
    merge_result: { merged: true },
  })
  expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
})

describe('a request that cannot be met', () => {
  test.each<[string, { description?: string; repo?: string }, string, RegExp]>([
    ['an unknown repository', { repo: 'projct' }, 'repository-unknown', /^Repo 'projct' not registered/],
    ['an empty text', { description: ' \n' }, 'description-invalid', /./],
    ['a text of a megabyte', { description: 'x'.repeat(1024 ** 2) }, 'description-invalid', /./],
    ['a text with a NUL', { description: 'a\0b' }, 'description-invalid', /NUL/],
  ])('%s is refused, with nothing left behind', async (_what, change, code, message) => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    await using setup = await startOrchestrator({ root, guest: 'exit 0' })
    await expect(setup.orchestrator.run({ description: 'work', repo: 'project', ...change })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
    expect(await setup.orchestrator.list()).toEqual([])
    expect(setup.orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  })

  test('a repository without a flake.nix is refused by name', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    await commitFiles(repo, { 'flake.nix': null }, 'Remove the flake')
    await using setup = await startOrchestrator({ root, guest: 'exit 0' })
    await expect(setup.orchestrator.run({ description: 'work', repo: 'project' })).rejects.toThrow(
      /^No flake.nix found/,
    )
  })

  test('odd texts reach the guest byte for byte', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    await using setup = await startOrchestrator({ root, guest: guestThatCommits('text.txt') })
    const description = `--help "quoted" 'single' $(touch /tmp/x) \`y\` \\n\nsecond line ünïcödé 😀`
    const id = await setup.orchestrator.run({ description, repo: 'project' })
    await untilEnded(setup.orchestrator, id)
    expect(await readFile(join(repo, 'text.txt'), 'utf8')).toBe(`from ${description}\n`)
  })
})

test('the key is in no file of the task when it has ended, whatever the guest wrote', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = `
touch $SHARE/started; key=$(cat $SHARE/.api-key); echo "console says $key"
echo "{\\"type\\":\\"system\\",\\"key\\":\\"$key\\"}" > $SHARE/claude-stream.jsonl
echo "{\\"success\\":true,\\"summary\\":\\"$key\\",\\"files_changed\\":[],\\"error\\":null}" > $SHARE/result.json
`
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'leak', repo: 'project' })
  await untilEnded(setup.orchestrator, id)
  const files = taskFiles(setup.home, id)
  for (const path of [files.console, files.stream, files.result, files.record, files.events]) {
    const text = await readFile(path, 'utf8')
    expect(text).not.toContain(testKey)
  }
  expect(await readFile(files.console, 'utf8')).toContain('console says [key removed]')
  await expect(access(join(files.share, '.api-key'))).rejects.toThrow('ENOENT')
})

describe('cleaning up', () => {
  test('deletes the folder and keeps the ref, unless told to delete that too', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const guest = 'touch $SHARE/started; cd $REPO; echo work > work.txt; exit 0'
    await using setup = await startOrchestrator({ root, guest })
    const { orchestrator } = setup
    const first = await orchestrator.run({ description: 'work', repo: 'project' })
    await untilEnded(orchestrator, first)
    await orchestrator.cleanup(first, { deleteRef: false, by: 'client' })
    await expect(access(taskFiles(setup.home, first).folder)).rejects.toThrow('ENOENT')
    expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe(`refs/tasks/${first}`)
    await expect(orchestrator.get(first)).rejects.toMatchObject({ code: 'task-unknown' })

    const second = await orchestrator.run({ description: 'work', repo: 'project' })
    await untilEnded(orchestrator, second)
    await orchestrator.cleanup(second, { deleteRef: true, by: 'client' })
    expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe(`refs/tasks/${first}`)
  })

  test('is refused while the task runs', async () => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt', 'sleep 0.5') })
    const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
    await expect(setup.orchestrator.cleanup(id, { deleteRef: false, by: 'client' })).rejects.toMatchObject({
      code: 'task-busy',
    })
    await untilEnded(setup.orchestrator, id)
  })
})

describe('an orchestrator that is started again', () => {
  const waiting = guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done')

  test('adopts the machine that the last one left, in its slot, and sees it through', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const first = await startOrchestrator({ root, guest: waiting })
    const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await first.orchestrator.get(id)).state.phase).toBe('working')
    const slots = first.orchestrator.slots()
    await first[Symbol.asyncDispose]()

    await using second = await startOrchestrator({ root, guest: waiting })
    expect(second.orchestrator.slots()).toEqual(slots)
    await writeFile(join(root, 'run', id, 'go'), '')
    expect(taskView(await untilEnded(second.orchestrator, id))).toMatchObject({ status: 'completed' })
    expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
    expect(second.events.read(0)).toHaveLength(1)
  })

  test('has who asks for a shell wait for the machine that is not found again yet', async () => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    const first = await startOrchestrator({ root, guest: waiting })
    const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await first.orchestrator.get(id)).state.phase).toBe('working')
    await first[Symbol.asyncDispose]()

    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    const driver = (real: MachineDriver): MachineDriver => ({
      ...real,
      adopt: async (handle) => {
        asked.resolve()
        await answer.promise
        return await real.adopt(handle)
      },
    })
    await using second = await startOrchestrator({ root, guest: waiting, driver })
    const never = new AbortController().signal
    const opening = second.orchestrator.attachments.openShell(id, { rows: 24, columns: 80 }, never)
    await asked.promise
    answer.resolve()
    const shell = await opening
    shell.on('error', () => undefined).destroy()
    await writeFile(join(root, 'run', id, 'go'), '')
    expect(taskView(await untilEnded(second.orchestrator, id))).toMatchObject({ status: 'completed' })
  })

  test('merges the work of a machine that ended meanwhile', async () => {
    const root = await temporaryFolder()
    const repo = await registeredRepository(root)
    const first = await startOrchestrator({ root, guest: waiting })
    const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
    await expect.poll(async () => (await first.orchestrator.get(id)).state.phase).toBe('working')
    await first[Symbol.asyncDispose]()
    await writeFile(join(root, 'run', id, 'go'), '')
    await expect.poll(() => readFile(join(root, 'run', id, 'exit'), 'utf8').catch(() => '')).toBe('0\n')

    await using second = await startOrchestrator({ root, guest: waiting })
    expect(taskView(await untilEnded(second.orchestrator, id))).toMatchObject({ status: 'completed' })
    expect((await subjectsOf(repo))[0]).toBe('Add greeting.txt')
    expect(second.events.read(0)).toHaveLength(1)
  })

  test('tells an end that was recorded but not announced, once', async () => {
    const root = await temporaryFolder()
    await registeredRepository(root)
    const first = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt') })
    const id = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
    await untilEnded(first.orchestrator, id)
    await first[Symbol.asyncDispose]()
    const { events } = taskFiles(first.home, id)
    const lines = (await readFile(events, 'utf8')).trimEnd().split('\n')
    await writeFile(events, `${lines.slice(0, -1).join('\n')}\n`)
    await rm(join(root, 'home', 'events.jsonl'))

    const second = await startOrchestrator({ root, guest: '' })
    await untilEnded(second.orchestrator, id)
    expect(second.events.read(0)).toMatchObject([{ taskId: id, type: 'completed' }])
    await second[Symbol.asyncDispose]()

    await writeFile(events, `${lines.slice(0, -1).join('\n')}\n`)
    await using third = await startOrchestrator({ root, guest: '' })
    await untilEnded(third.orchestrator, id)
    expect(third.events.read(0)).toHaveLength(1)
  })
})

test.each([1, 2])('a guest that panics before its task began, %d times, is booted once more', async (times) => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  let starts = 0
  const panicking = (driver: MachineDriver): MachineDriver => ({
    ...driver,
    start: async (spec, signal) => {
      if (++starts > times) return await driver.start(spec, signal)
      const handle = {
        driver: 'qemu',
        pid: 2 ** 30,
        startTime: '1',
        controlSocket: '',
        runDirectory: '',
        helpers: [],
      } as const
      const nothing = async () => undefined
      const exited = Promise.resolve({ kind: 'panicked', detail: 'Fatal exception' } as const)
      return {
        handle,
        exited,
        openLine: null,
        closeShares: null,
        pause: nothing,
        resume: nothing,
        setClock: nothing,
        powerOff: nothing,
      }
    },
  })
  await using setup = await startOrchestrator({ root, guest: guestThatCommits('greeting.txt'), driver: panicking })
  const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
  const view = taskView(await untilEnded(setup.orchestrator, id))
  expect(view).toMatchObject(
    times === 1
      ? { status: 'completed', merge_result: { merged: true } }
      : { status: 'failed', error: expect.stringContaining('panicked') },
  )
  expect(starts).toBe(2)
})
