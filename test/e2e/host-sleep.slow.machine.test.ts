import { access, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseTaskId } from '../../main/core/task/task.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn } from '../support/git/repositories.ts'
import { until } from '../support/until.ts'

const sleepMs = 6_000

test('a guest that stood still while its host slept goes on with the right time', async () => {
  const script = sequence(
    () =>
      bash(
        'touch waiting; until [ -e go ]; do sleep 0.1; done; date +%s.%N >woken.txt; git add woken.txt; git commit -qm Woken',
      ),
    () => say('Awake.'),
  )
  await using api = await startScriptedApi({ scripts: { sleeper: script } })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  const id = parseTaskId(await orchestra.runTask('project', 'Sleep. [script: sleeper]'))
  if (!id) throw new Error('no id')
  const files = taskFiles(orchestra.home, id)
  await until(() =>
    access(join(files.repo, 'waiting')).then(
      () => true,
      () => false,
    ),
  )

  // QEMU's `stop` is what a sleeping host does to a guest: its clock stands while the host's goes on.
  await orchestra.tasks.hostSleeps()
  const asleepAt = Date.now()
  await until(() => Date.now() - asleepAt > sleepMs)
  await orchestra.tasks.hostWakes()
  await until(async () => (await readFile(files.console, 'utf8')).includes("the host's time is"))
  const wokenAt = Date.now()
  await writeFile(join(files.folder, 'go'), '')
  await rename(join(files.folder, 'go'), join(files.repo, 'go'))

  expect(await orchestra.until(id, 'finished')).toMatchObject({ status: 'completed', merge_result: { merged: true } })
  const guestMs = 1000 * Number(await gitIn(orchestra.pathOf('project'), ['show', 'main:woken.txt']))
  // Whatever the test's own speed: the guest looked after it was woken, and before now.
  expect(guestMs).toBeGreaterThan(wokenAt - sleepMs / 3)
  expect(guestMs).toBeLessThan(Date.now() + sleepMs / 3)
})
