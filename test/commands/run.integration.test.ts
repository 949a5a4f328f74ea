import { existsSync } from 'node:fs'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { requireTaskId } from '../../main/api/views.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits } from '../support/orchestrator.ts'
import { servingCommands } from '../support/serving-commands.ts'
import { until } from '../support/until.ts'

test('run --wait prints the end of its own task, whose commit is on the branch by then', async () => {
  await using setup = await servingCommands(guestThatCommits('greeting.txt'))
  const { exitCode, stdout, stderr } = await setup.run('run', 'project', 'say hello', '--wait')
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(/^Task [0-9a-f]{8} started[^\n]*\n$/)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', merge_result: { merged: true, commits: 1 } })
  expect(await gitIn(setup.repository, ['show', 'main:greeting.txt'])).toBe('from say hello')
})

test('run --wait of a task that fails has exit status 1', async () => {
  await using setup = await servingCommands('touch $SHARE/started; exit 3')
  const { exitCode, stdout } = await setup.run('run', 'project', 'say hello', '--wait')
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: expect.any(String) })
})

test('logs shows the console of a task whose repository was taken off the list while it runs', async () => {
  const guest = guestThatCommits('greeting.txt', 'echo at work; until [ -e $HOME/../go ]; do sleep 0.05; done')
  await using setup = await servingCommands(guest)
  const id = (await setup.run('run', 'project', 'say hello')).stdout.trim()
  expect((await setup.run('remove', 'project')).exitCode).toBe(0)
  await expect.poll(async () => (await setup.run('logs', id)).stdout, { timeout: 20_000 }).toContain('at work')
  await mkdir(join(setup.root, 'run'), { recursive: true })
  await writeFile(join(setup.root, 'run', 'go'), '')
  expect(await setup.run('wait')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"merged": true') })
})

test('run prints the id; tasks, logs -f, wait, info and cleanup follow the task to its end', async () => {
  const guest = guestThatCommits(
    'greeting.txt',
    'echo working; until [ -e $HOME/../go ]; do sleep 0.05; done; echo done',
  )
  await using setup = await servingCommands(guest)
  const started = await setup.run('run', 'project', 'say hello')
  expect(started).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^[0-9a-f]{8}\n$/) })
  const id = started.stdout.trim()

  expect((await setup.run('tasks')).stdout).toBe(`  ${id}  running    project  say hello\n`)
  expect(await setup.run('cleanup', id)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^Error: .*has not ended/),
  })
  const [log, end] = await Promise.all([
    setup.run('logs', '-f', id),
    setup.run('wait', '--timeout-ms', '60000'),
    mkdir(join(setup.root, 'run'), { recursive: true }).then(() => writeFile(join(setup.root, 'run/go'), '')),
  ])
  expect(log).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^working\ndone\n/) })
  expect(JSON.parse(end.stdout)).toMatchObject({ type: 'completed', task_id: id, merge_result: { merged: true } })
  expect(JSON.parse((await setup.run('info', id)).stdout)).toMatchObject({ task_id: id, status: 'completed' })
  expect(JSON.parse((await setup.run('wait')).stdout)).toEqual({ no_running_tasks: true })

  const { folder, record } = taskFiles(join(setup.root, 'home'), requireTaskId(id))
  expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ status: 'completed' })
  expect(await setup.run('cleanup', id)).toEqual({ exitCode: 0, stdout: `Cleaned up: ${id}\n`, stderr: '' })
  await expect(access(folder)).rejects.toThrow('ENOENT')
})

test('cancel ends one task; a server that is set to stop the others does so before it ends, and every work is kept', async () => {
  const guest = 'touch $SHARE/started; cd $REPO; echo draft > draft.txt; touch $HOME/deep; sleep 600'
  await using setup = await servingCommands(guest, { onQuit: 'stop' })
  const start = async () => {
    const id = (await setup.run('run', 'project', 'work')).stdout.trim()
    await until(() => existsSync(join(setup.root, 'run', id, 'deep')))
    return id
  }
  const [first, second] = [await start(), await start()]
  expect(await setup.run('cancel', first)).toEqual({ exitCode: 0, stdout: `Cancelled: ${first}\n`, stderr: '' })
  const end = JSON.parse((await setup.run('wait')).stdout)
  expect(end).toMatchObject({ type: 'failed', task_id: first, error: expect.stringMatching(/^Cancelled/) })

  await setup.server.close()
  const record = JSON.parse((await setup.run('info', second)).stdout)
  expect(record).toMatchObject({ status: 'failed', error: expect.stringMatching(/set to stop its tasks/) })
  for (const id of [first, second])
    expect(await gitIn(setup.repository, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
})
