import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { foldingFolder } from '../../support/git/folding-file-system.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A repository on such a file system, and a task whose clone lies on a plain one, so that the guest can name files as it likes. */
async function project(mount: string, files: Record<string, string>) {
  const repo = join(mount, 'project')
  await mkdir(repo)
  const start = await makeRepository(repo, { files })
  return { repo, start, task: await startTask(repo, await temporaryFolder()) }
}

test('the clone of a repository that ignores case ignores it, too', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  await gitIn(repo, ['config', 'core.ignorecase', 'true'])
  await gitIn(repo, ['config', 'core.precomposeunicode', 'true'])
  const { workspace } = await startTask(repo, folder)
  expect(await gitIn(workspace, ['config', '--get-regexp', '^core\\.(ignorecase|precomposeunicode)$'])).toBe(
    'core.ignorecase true\ncore.precomposeunicode true',
  )
})

test('where case is one, a file and a folder that change it alone are merged, and two names that are one are refused with both', async () => {
  const mount = await foldingFolder('both')
  if (!mount) return
  const { repo, start, task } = await project(mount, { 'Readme.md': 'r\n', 'Docs/a': 'a\n', 'other.txt': 'o\n' })
  await gitIn(task.workspace, ['config', 'core.ignorecase', 'false'])
  await writeFiles(task.workspace, { 'Readme.md': null, Docs: null })
  await commitFiles(task.workspace, { 'README.md': 'r\n', 'docs/a': 'a\n', 'docs/b': 'b\n' })
  expect(await task.merge()).toMatchObject({ kind: 'merged' })
  expect((await readdir(repo)).toSorted()).toEqual(['.git', 'README.md', 'docs', 'flake.nix', 'other.txt'])
  expect((await readdir(join(repo, 'docs'))).toSorted()).toEqual(['a', 'b'])
  expect(await statusOf(repo)).toBe('')

  const tip = await gitIn(repo, ['rev-parse', 'main'])
  await commitFiles(task.workspace, { 'Other.txt': 'collides\n' })
  const { commit } = await task.salvage()
  const outcome = await mergeWork({ repoPath: repo, taskId: task.id, startCommit: start, branch: 'main', commit })
  expect(outcome).toMatchObject({ reason: 'names_collide', files: ['Other.txt', 'other.txt'] })
  expect([await gitIn(repo, ['rev-parse', 'main']), await statusOf(repo)]).toEqual([tip, ''])
  expect(await readFile(join(repo, 'other.txt'), 'utf8')).toBe('o\n')
})

test('where accents are written in one way, two names that are one are refused with both, and one alone is merged', async () => {
  const mount = await foldingFolder('accents')
  if (!mount) return
  const { repo, task } = await project(mount, { 'a.txt': 'a\n' })
  await commitFiles(task.workspace, {
    'caf\u00e9.txt': 'one\n',
    'cafe\u0301.txt': 'two\n',
    'A.txt': 'another name here\n',
  })
  expect(await task.merge()).toMatchObject({
    reason: 'names_collide',
    files: expect.arrayContaining(['caf\u00e9.txt', 'cafe\u0301.txt']),
  })
  await gitIn(task.workspace, ['rm', '--quiet', 'caf\u00e9.txt'])
  await gitIn(task.workspace, ['commit', '--quiet', '--message', 'One name'])
  expect(await task.merge()).toMatchObject({ kind: 'merged' })
  expect(await readFile(join(repo, 'caf\u00e9.txt'), 'utf8')).toBe('two\n')
  expect(await statusOf(repo)).toBe('')
})

test('a file of the user that is the same name in another case is in the way', async () => {
  const mount = await foldingFolder('case')
  if (!mount) return
  const { repo, task } = await project(mount, { 'a.txt': 'a\n' })
  await commitFiles(task.workspace, { 'notes.txt': 'from the task\n' })
  await writeFiles(repo, { 'NOTES.txt': 'mine\n' })
  expect(await task.merge()).toMatchObject({ reason: 'local_changes' })
  expect(await readFile(join(repo, 'NOTES.txt'), 'utf8')).toBe('mine\n')
})

test('where HEAD spells a branch otherwise than the file of it is called, the branch is what git takes it for', async () => {
  const mount = await foldingFolder('both')
  if (!mount) return
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  const { workspace, salvage, startCommit } = await startTask(repo, mount)
  await gitIn(workspace, ['switch', '--quiet', '--create', 'gr\u00f6\u00dfe'])
  await commitFiles(workspace, { 'a.txt': 'a\n' }, 'Work')
  const work = await salvage()
  expect(work.notes.join('\n')).toContain('HEAD was on refs/heads/gr\u00f6\u00dfe')
  expect(await gitIn(repo, ['log', '--format=%s', `${startCommit}..${work.commit}`])).toBe('Work')
})
