import { existsSync } from 'node:fs'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { TaskChanges } from '../../../main/tasks/review/task-changes.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

const never = new AbortController().signal

/** An agent that has made one commit and has a file under way, and ends when it is let go. */
async function workingTask() {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = `
    set -e
    touch $SHARE/started
    cd $REPO
    echo done > done.txt; git add -A; git commit -qm 'Add done.txt'
    echo half > half.txt
    touch ${root}/half
    until [ -e ${root}/go ]; do sleep 0.05; done
    git add -A; git commit -qm 'Add half.txt'
    echo '${successJson}' > $SHARE/result.json`
  const setup = await startOrchestrator({ root, guest, limits: { taskTimeoutMs: 600_000 } })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'do it', repo: 'project' })
  await until(async () => existsSync(join(root, 'half')) && (await orchestrator.get(id)).state.phase === 'working')
  return { root, repo, setup, orchestrator, id, files: filesOf(await orchestrator.get(id)) }
}

const pathsOf = ({ files }: { readonly files: readonly { readonly path: string }[] }) => files.map(({ path }) => path)

test('the changes of a task that works are told with their time, and after its end out of the repository', async () => {
  const { root, repo, setup, orchestrator, id, files } = await workingTask()
  await using _setup = setup
  const { changes } = orchestrator
  const seen = await changes.look(id, never)
  expect(seen).toMatchObject({ live: true, readAt: expect.any(String), notes: [] })
  expect(pathsOf(seen)).toEqual(['done.txt', 'half.txt'])
  expect(await changes.diff(id, 'half.txt', {}, never)).toMatchObject({
    hunks: [{ lines: [{ kind: '+', text: 'half' }] }],
  })
  await expect(changes.diff(id, '../etc/passwd', {}, never)).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(await changes.patch(id, { characters: 1_000 }, never)).toMatchObject({
    patch: expect.stringContaining('+++ half.txt\n@@ -0 +1 @@ \n+half\n'),
    without: 0,
    unusual: { files: ['done.txt', 'half.txt'] },
  })
  expect(await changes.patch(id, { path: 'done.txt', characters: 10 }, never)).toMatchObject({ patch: '', without: 1 })
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(existsSync(join(files.workFolder, 'live'))).toBe(true)

  await writeFile(join(root, 'go'), '')
  await untilEnded(orchestrator, id)
  const after = await changes.look(id, never)
  expect(after).toMatchObject({ live: false, readAt: null })
  expect(pathsOf(after)).toEqual(['done.txt', 'half.txt'])
  expect(after.commits.map(({ subject }) => subject)).toEqual(['Add half.txt', 'Add done.txt'])
  await until(() => !existsSync(join(files.workFolder, 'live')))
})

test('a clone is read once for all who ask at once, and again only after ten seconds', async () => {
  const { setup, orchestrator, id, files } = await workingTask()
  await using _setup = setup
  let now = 0
  const catalog = {
    get: orchestrator.get.bind(orchestrator),
    watch: orchestrator.watch.bind(orchestrator),
  }
  const changes = new TaskChanges({ catalog, log: silentLog, now: () => now })
  const [one, two] = await Promise.all([changes.look(id, never), changes.look(id, never)])
  expect(two.readAt).toBe(one.readAt)
  await appendFile(join(files.repo, 'later.txt'), 'later\n')
  now = 9_999
  expect(pathsOf(await changes.look(id, never))).toEqual(['done.txt', 'half.txt'])
  now = 10_000
  expect(pathsOf(await changes.look(id, never))).toEqual(['done.txt', 'half.txt', 'later.txt'])
})

test('a clone that was made unreadable says so, and the task goes on to its end', async () => {
  const { root, setup, orchestrator, id, files } = await workingTask()
  await using _setup = setup
  await gitIn(files.repo, ['config', 'core.fsmonitor', `touch ${root}/fired`])
  await writeFile(join(files.repo, '.git/commondir'), '/etc\n')
  const seen = await orchestrator.changes.look(id, never)
  expect(seen.notes.join('\n')).toContain('its .git has a commondir')
  expect(existsSync(join(root, 'fired'))).toBe(false)
  await rm(join(files.repo, '.git/commondir'))
  await gitIn(files.repo, ['config', '--unset', 'core.fsmonitor'])
  await writeFile(join(root, 'go'), '')
  expect((await untilEnded(orchestrator, id)).state).toMatchObject({ outcome: { kind: 'merged' } })
})
