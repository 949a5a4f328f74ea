import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gitIn } from '../support/git/repositories.ts'
import { guestThatCommits } from '../support/orchestrator.ts'
import { servingCommands } from '../support/serving-commands.ts'

test('run-plan starts what a file says in its order, run --after adds to it, and cancel-plan stops a plan', async () => {
  await using setup = await servingCommands(
    guestThatCommits('$(tr -cd a-z < $SHARE/task.md).txt', 'ls > before-$(tr -cd a-z < $SHARE/task.md)'),
  )
  const file = join(setup.root, 'plan.json')
  const task = (name: string, ...after: string[]) => ({ name, repo: 'project', description: name, after })
  const plan = (...tasks: object[]) => writeFile(file, JSON.stringify({ tasks }))

  await plan(task('one', 'two'), task('two', 'one'))
  expect(await setup.run('run-plan', file)).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/circle: one after two after one/),
  })
  await plan({ ...task('one'), priority: 1000 })
  expect(await setup.run('run-plan', file)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/tasks\.0\.priority/),
  })
  await writeFile(file, '[1]')
  expect(await setup.run('run-plan', file)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/is no JSON object/),
  })
  expect(await setup.run('run-plan', `${file}.none`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/cannot be read: ENOENT/),
  })
  expect((await setup.run('tasks')).stdout).toBe('')

  await plan(task('last', 'first'), task('first'))
  const { exitCode, stdout } = await setup.run('run-plan', file)
  expect(exitCode).toBe(0)
  const [, planId, first, last] =
    /^([0-9a-f]{8})\n {2}([0-9a-f]{8}) {2}first\n {2}([0-9a-f]{8}) {2}last\n$/.exec(stdout) ?? []
  const added = await setup.run('run', 'project', 'added', '--after', String(first), '--after', String(last), '--wait')
  expect(JSON.parse(added.stdout)).toMatchObject({ after: [first, last], merge_result: { merged: true } })
  expect(await gitIn(setup.repository, ['show', 'refs/heads/main:before-added'])).toContain('last.txt')
  expect(JSON.parse((await setup.run('info', String(last))).stdout)).toMatchObject({
    plan_id: planId,
    plan_name: 'last',
  })
  expect(await setup.run('cancel-plan', String(planId))).toMatchObject({ stdout: 'Every task of it had ended\n' })
  expect(await setup.run('cancel-plan', 'none')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/There is no plan 'none'/),
  })
  expect(await setup.run('run', 'project', 'x', '--after', 'ffffffff')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/There is no task 'ffffffff'/),
  })
})
