import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EnvironmentWish } from '../../../main/core/environment/environment.ts'
import { setUpText } from '../../../main/core/environment/set-up-text.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { commitFiles, type Files, gitIn, makeRepository, subjectsOf } from '../../support/git/repositories.ts'
import { startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Keeps what it was given beside the share, and commits. */
const guest = `
set -e
cp $SHARE/environment $SHARE/given
[ ! -e $SHARE/environment-files ] || cp $SHARE/environment-files $SHARE/given-files
touch $SHARE/started
cd $REPO
echo done > done.txt; git add -A; git commit -qm "Work without a flake"
echo '${successJson}' > $SHARE/result.json
`

async function place(files: Files, environment?: EnvironmentWish) {
  const root = await temporaryFolder()
  const repo = join(root, 'project')
  await makeRepository(repo, { flake: null, files })
  const setup = await startOrchestrator({ root, guest })
  await registerRepository(setup.home, { path: repo, ...(environment && { environment }) })
  const run = async (base?: string) => {
    const asked = { description: 'work', repo: 'project', ...(base !== undefined && { base }) }
    const task = await untilEnded(setup.orchestrator, await setup.orchestrator.run(asked))
    const given = (name: string) => readFile(join(setup.home, 'tasks', task.id, 'share', name), 'utf8')
    return { view: taskView(task), given }
  }
  return { ...setup, repo, run }
}

test('a repository without a flake has its task merged with plain tools', async () => {
  await using here = await place({ 'README.md': 'x\n' }, { kind: 'plain' })
  const { view, given } = await here.run()
  expect(view).toMatchObject({ environment: 'plain', merge_result: { merged: true, commits: 1 } })
  expect((await given('given')).split('\0')).toContain('MICROVM_ENVIRONMENT=plain')
  expect(await subjectsOf(here.repo)).toEqual(['Work without a flake', 'Start'])
})

test('one of which nothing says what it needs is set up by a task with plain tools, whose work waits for a person; so does a second try', async () => {
  await using here = await place({ 'README.md': 'x\n' })
  await expect(here.run()).rejects.toMatchObject({ code: 'flake-missing' })
  const setUp = { description: setUpText, repo: 'project', setsUp: true } as const
  const task = await untilEnded(here.orchestrator, await here.orchestrator.run(setUp))
  const waits = { environment: 'plain', merge_result: { merged: false, reason: 'awaiting_review' } }
  expect(taskView(task)).toMatchObject(waits)
  expect(await readFile(join(here.home, 'tasks', task.id, 'share', 'task.md'), 'utf8')).toContain('Write flake.nix')
  expect(await subjectsOf(here.repo)).toEqual(['Start'])

  const again = { ...setUp, retries: task.id }
  expect(taskView(await untilEnded(here.orchestrator, await here.orchestrator.run(again)))).toMatchObject(waits)
})

test('one whose files ask for tools has its task merged with the flake that was made for it', async () => {
  await using here = await place({ 'package.json': '{"packageManager":"pnpm@10.1.0"}' })
  const { view, given } = await here.run()
  expect(view).toMatchObject({ environment: 'tools', merge_result: { merged: true, commits: 1 } })
  expect((await given('given')).split('\0')).toContain('MICROVM_ENVIRONMENT=given')
  const files = (await given('given-files')).split('\0')
  expect(files.filter((_, at) => at % 2 === 0)).toEqual(['flake.lock', 'flake.nix', ''])
  expect(files[3]).toContain('"pnpm_10"')
})

test('a base of such a repository needs no flake either; one that has a flake is what its task works in', async () => {
  await using here = await place({ 'go.mod': 'module a\n\ngo 1.25\n' })
  await gitIn(here.repo, ['tag', 'v1'])
  expect((await here.run('v1')).view).toMatchObject({ environment: 'tools', merge_result: { merged: true } })
  await gitIn(here.repo, ['switch', '-qc', 'with-flake'])
  await commitFiles(here.repo, { 'flake.nix': '{ outputs = _: { devShells = { }; }; }' }, 'Add a flake')
  await gitIn(here.repo, ['switch', '-q', 'main'])
  expect((await here.run('with-flake')).view).toMatchObject({ environment: 'flake' })
})

test('where tasks work in flakes, a base without one is refused as ever', async () => {
  await using here = await place({ 'go.mod': 'module a\n\ngo 1.25\n' })
  await gitIn(here.repo, ['tag', 'v1'])
  await commitFiles(here.repo, { 'flake.nix': '{ outputs = _: { devShells = { }; }; }' }, 'Add a flake')
  const asked = here.orchestrator.run({ description: 'work', repo: 'project', base: 'v1' })
  await expect(asked).rejects.toMatchObject({ code: 'flake-missing', message: 'No flake.nix found at v1' })
})
