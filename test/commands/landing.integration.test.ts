import { expect, test } from 'vitest'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { guestThatChecks } from '../support/machines/checking-guest.ts'
import { servingCommands } from '../support/serving-commands.ts'

test('allow says how checked work lands, run gives one task to several agents, choose takes one, and retry begins on top of it', async () => {
  await using setup = await servingCommands(guestThatChecks())
  const { repository, run } = setup
  const allowed = await run('allow', repository, '--check', 'true', '--check-minutes', '5', '--landing', 'train')
  expect(allowed).toMatchObject({ exitCode: 0, stdout: 'Registered: project\n' })
  expect(allowed.stderr).toContain("merged: when 'true' succeeds within 5 min")
  expect(allowed.stderr).toContain('in a train: several are checked at once')
  expect((await run('list', '--merge')).stdout).toContain(
    "    merged: when 'true' succeeds within 5 min\n    lands: in a train: several are checked at once, on top of each other\n",
  )
  expect(await run('allow', repository, '--check-minutes', '0')).toMatchObject({ exitCode: 1 })
  expect(await run('run', 'project', 'true', '--judge')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('models and judge are for several attempts'),
  })

  const started = await run('run', 'project', 'echo $RANDOM >file.txt', '--attempts', '2', '--models', 'one,two')
  const ids = started.stdout.trim().split('\n')
  expect(ids).toHaveLength(2)
  const [first = '', second = ''] = ids
  for (const id of ids)
    await expect
      .poll(async () => JSON.parse((await run('info', id)).stdout).phase, { timeout: 60_000 })
      .toBe('finished')
  expect(JSON.parse((await run('info', first)).stdout)).toMatchObject({
    merge_result: { reason: 'awaiting_choice' },
    attempts: ids.map((task_id, index) => ({
      ...{ task_id, number: index + 1, model: ['one', 'two'][index], status: 'completed', check_exit_code: 0 },
      ...{ files_changed: 1, chosen: false },
    })),
  })
  expect(await run('choose', second)).toMatchObject({ exitCode: 0, stdout: 'Merged: 1 on main\n' })
  expect(JSON.parse((await run('info', first)).stdout)).toMatchObject({ merge_result: { reason: 'not_chosen' } })

  const again = (await run('retry', first, '--on-top-of', second)).stdout.trim()
  await expect
    .poll(async () => JSON.parse((await run('info', again)).stdout).phase, { timeout: 60_000 })
    .toBe('finished')
  expect(JSON.parse((await run('info', again)).stdout)).toMatchObject({ retries: first, after: [second] })
  expect(await subjectsOf(repository)).toHaveLength(3)
  expect(await gitIn(repository, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
})
