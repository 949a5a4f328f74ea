import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { taskView } from '../../main/core/task/view.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { appleGuest } from '../support/apple-share/apple-guest.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { finalLine, print } from '../support/machines/task-runner.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** Works as Claude does: in the clone, as its user, who owns what it looks at. */
const claude = `set -e
[ "$(id -u)" = 1000 ]
mkdir -p source/deep
echo hello >source/deep/greeting.txt
chmod 600 source/deep/greeting.txt
git add -A
git commit -q -m 'Add a greeting'
${print(finalLine('Done'))}`

const ownsAll = '[ -z "$(find . -not -user 1000 -print -quit)" ] || exit 9'

async function wholeTask({
  check,
  before,
  attributeSeconds,
}: {
  readonly check: string
  readonly before: string
  readonly attributeSeconds: number
}) {
  const guest = await appleGuest({ claude: `${before}\n${claude}`, attributeSeconds })
  if (guest === undefined) return undefined
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, check })
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'say hello', repo: 'project' })
  const view = taskView(await untilEnded(setup.orchestrator, id))
  const read = (name: 'result' | 'console') => readFile(taskFiles(setup.home, id as TaskId)[name], 'utf8')
  return { repo, view, console: await read('console'), result: JSON.parse(await read('result')) as { check?: unknown } }
}

/** As a build does: it writes beside the sources and into them, and leaves what must not come back. */
const building =
  '[ "$(id -u)" = 1000 ] && mkdir build && cp source/deep/greeting.txt build/ && echo more >>source/deep/greeting.txt && git status --short'

test("on a share that shows every file as the viewer's, a task works, is checked by a command that writes, and is merged", async () => {
  const task = await wholeTask({ check: building, before: ownsAll, attributeSeconds: 0 })
  if (!task) return
  expect(task.result, task.console).toMatchObject({
    check: { exit_code: 0, output: ' M source/deep/greeting.txt\n?? build/\n' },
  })
  expect(task.view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
  expect((await subjectsOf(task.repo))[0]).toBe('Add a greeting')
  expect(await gitIn(task.repo, ['show', 'main:source/deep/greeting.txt'])).toBe('hello')
})

test('what the guest believes of a file for long, since root was shown it first, keeps its user from nothing', async () => {
  const task = await wholeTask({ check: building, before: 'id', attributeSeconds: 3600 })
  if (!task) return
  expect(task.result, task.console).toMatchObject({ success: true, check: { exit_code: 0 } })
  expect(task.view).toMatchObject({ status: 'completed', merge_result: { merged: true } })
})
