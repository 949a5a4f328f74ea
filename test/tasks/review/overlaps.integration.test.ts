import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { Overlaps } from '../../../main/tasks/review/overlaps.ts'
import { commitFiles } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const lines = (change: Readonly<Record<number, string>>): string =>
  Array.from({ length: 12 }, (_, index) => `${change[index + 1] ?? `line ${index + 1}`}\n`).join('')

/** Does what its text says and waits for the test. */
const guest = (root: string) => `
touch $SHARE/started
rm -f $SHARE/.api-key
cd $REPO
bash -c "$(cat $SHARE/task.md)"
touch $SHARE/did
until [ -e '${root}/go' ]; do sleep 0.02; done
git add -A
git commit -q -m Work
echo '${successJson}' >$SHARE/result.json
`

test('tasks at work that change the same files are told of each other, and whether their lines would collide, as git has it', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await commitFiles(repo, { 'text.txt': lines({}), 'other.txt': 'other\n' }, 'Text')
  await using setup = await startOrchestrator({ root, guest: guest(root) })
  const { orchestrator, home } = setup
  const edit = (line: number) => `sed -i '${line}s/.*/changed ${line}/' text.txt`
  const texts = [`${edit(2)}; echo mine >other.txt`, edit(3), edit(9), 'echo new >new.txt']
  const ids: TaskId[] = []
  for (const description of texts) ids.push(await orchestrator.run({ description, repo: 'project' }))
  const isDone = (id: TaskId) =>
    readFile(join(home, 'tasks', id, 'share', 'did')).then(
      () => true,
      () => false,
    )
  for (const id of ids) await until(() => isDone(id))
  await until(async () =>
    (await Promise.all(ids.map((id) => orchestrator.get(id)))).every(({ state }) => state.phase === 'working'),
  )
  const told: TaskId[] = []
  using overlaps = new Overlaps({
    catalog: { find: (wanted) => orchestrator.find(wanted), get: (id) => orchestrator.get(id) },
    changes: orchestrator.changes,
    onChange: (id) => told.push(id),
    log: silentLog,
  })
  await overlaps.look()
  const [second, third, ninth, none] = ids as [TaskId, TaskId, TaskId, TaskId]
  const shares = (task: TaskId, collides: readonly string[]) => ({
    ...{ task, files: { files: ['text.txt'] }, collides: { files: collides } },
  })
  expect(overlaps.of(second)).toEqual([shares(third, ['text.txt']), shares(ninth, [])])
  expect(overlaps.of(third)).toEqual([shares(second, ['text.txt']), shares(ninth, [])])
  expect(overlaps.of(none)).toEqual([])
  expect(told.toSorted()).toEqual([second, third, ninth].toSorted())
  // The same, asked of git: neighbouring lines collide, others do not.
  for (const [one, other, exitCode] of [
    [2, 3, 1],
    [2, 9, 0],
  ] as const) {
    const files = { base: lines({}), one: lines({ [one]: 'x' }), other: lines({ [other]: 'y' }) }
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text)
    expect((await run('git', ['merge-file', '-p', 'one', 'base', 'other'], { cwd: root })).exitCode).toBe(exitCode)
  }
  await writeFile(join(root, 'go'), '')
  for (const id of ids) await untilEnded(orchestrator, id)
  await overlaps.look()
  expect(ids.flatMap((id) => overlaps.of(id))).toEqual([])
})
