import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deleteTaskRef } from '../../../main/git/repository/delete-task-ref.ts'
import { excludeTasks } from '../../../main/git/repository/exclude-tasks.ts'
import { inspectRepository } from '../../../main/git/repository/inspect-repository.ts'
import { readTaskRef } from '../../../main/git/repository/read-task-ref.ts'
import { gitIn, makeRepository, statusOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a repository is told by its real path, branch, commit and flake', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'project')
  const commit = await makeRepository(path, { branch: 'feature/\u00fc' })
  await symlink(path, join(folder, 'link'))
  const commonDirectory = join(path, '.git')
  const expected = {
    path,
    commonDirectory,
    gitDirectory: commonDirectory,
    branch: 'feature/\u00fc',
    head: { commit, hasFlake: true, hasSubmodules: false },
    hasFlake: true,
  }
  const state = await inspectRepository(join(folder, 'link'))
  expect(state).toEqual({ ...expected, isLinkedWorktree: false, objectFormat: 'sha1', isShallow: false })
})

test('a linked worktree, a detached HEAD, an empty repository, SHA-256 and a shallow clone are told as such', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'project')
  await makeRepository(path)
  await gitIn(path, ['worktree', 'add', '--quiet', '--detach', join(folder, 'linked')])
  const linked = await inspectRepository(join(folder, 'linked'))
  expect(linked).toMatchObject({ isLinkedWorktree: true, branch: null, commonDirectory: join(path, '.git') })
  await gitIn(folder, ['init', '--quiet', '--object-format=sha256', '--initial-branch=trunk', 'empty'])
  const empty = await inspectRepository(join(folder, 'empty'))
  expect(empty).toMatchObject({ branch: 'trunk', head: null, hasFlake: false, objectFormat: 'sha256' })
  await gitIn(folder, ['clone', '--quiet', '--depth=1', `file://${path}`, 'shallow'])
  expect(await inspectRepository(join(folder, 'shallow'))).toMatchObject({ isShallow: true })
})

test('what is no repository gets an answer of its own, with what to do', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo, { files: { 'sub/a': '1' } })
  await gitIn(folder, ['init', '--quiet', '--bare', 'bare'])
  await mkdir(join(folder, 'plain'))
  await writeFile(join(folder, 'file'), '')
  await mkdir(join(folder, 'broken/.git'), { recursive: true })
  const refusals = {
    missing: /does not exist/,
    file: /is not a folder/,
    plain: /is not a git repository/,
    bare: /bare repository/,
    broken: /\.git that git cannot use/,
    'project/sub': /is a folder inside the repository/,
    'project/.git': /bare repository or the inside of one/,
  }
  for (const [name, message] of Object.entries(refusals)) {
    await expect(inspectRepository(join(folder, name)), name).rejects.toMatchObject({
      code: 'repository-invalid',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    })
  }
  await expect(inspectRepository(join(repo, 'sub'))).rejects.toMatchObject({ hint: expect.stringContaining(repo) })
})

test('a .git that cannot be read says so', async () => {
  const folder = join(await temporaryFolder(), 'project')
  await mkdir(folder)
  // A link to itself: unreadable for root too, whom no mode keeps out.
  await symlink('.git', join(folder, '.git'))
  await expect(inspectRepository(folder)).rejects.toMatchObject({ message: expect.stringContaining('cannot be read') })
})

test('GIT_DIR and friends of our own environment lead nowhere else', async () => {
  const folder = await temporaryFolder()
  await makeRepository(join(folder, 'other'), { branch: 'other' })
  await makeRepository(join(folder, 'project'))
  process.env.GIT_DIR = join(folder, 'other/.git')
  try {
    expect(await inspectRepository(join(folder, 'project'))).toMatchObject({ branch: 'main' })
  } finally {
    delete process.env.GIT_DIR
  }
})

test('tasks are excluded once, in the shared folder of all work trees, and what is there stays', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo)
  await mkdir(join(repo, '.git/info'), { recursive: true })
  await writeFile(join(repo, '.git/info/exclude'), '# mine\n*.log')
  await gitIn(repo, ['worktree', 'add', '--quiet', join(folder, 'linked'), '-b', 'linked'])
  await excludeTasks(join(folder, 'linked'))
  await excludeTasks(repo)
  expect(await readFile(join(repo, '.git/info/exclude'), 'utf8')).toBe('# mine\n*.log\n.microvm/\n')
  for (const tree of [repo, join(folder, 'linked')]) {
    await writeFiles(tree, { '.microvm/tasks/x': '1' })
    expect(await statusOf(tree)).toBe('')
  }
})

test("a task's ref is read and deleted; a missing one is null and no error", async () => {
  const repo = join(await temporaryFolder(), 'project')
  const commit = await makeRepository(repo)
  expect(await readTaskRef(repo, 'a1b2c3d4')).toBeNull()
  await gitIn(repo, ['update-ref', 'refs/tasks/a1b2c3d4', commit])
  await gitIn(repo, ['pack-refs', '--all'])
  expect(await readTaskRef(repo, 'a1b2c3d4')).toBe(commit)
  await deleteTaskRef(repo, 'a1b2c3d4')
  await deleteTaskRef(repo, 'a1b2c3d4')
  expect(await readTaskRef(repo, 'a1b2c3d4')).toBeNull()
})
