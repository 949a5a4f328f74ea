import { createHash } from 'node:crypto'
import { cp, lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { MergeRequest } from '../../../main/git/merge/plan-merge.ts'
import { startTask } from './git-tasks.ts'
import { commitFiles, gitIn, makeRepository, writeFiles } from './repositories.ts'

/** A repository whose user is in the middle of other work, and a task's salvaged work that changes files of every kind. */
export interface PublishScene {
  /** Copied for each try; nothing is done in it. */
  readonly template: string
  readonly request: Omit<MergeRequest, 'repoPath'>
}

const id = 'a1b2c3d4'

export async function makePublishScene(folder: string): Promise<PublishScene> {
  const template = join(folder, 'template')
  await makeRepository(template, {
    files: {
      '.gitignore': '*.log\n',
      'changed.txt': 'one\ntwo\nthree\n',
      'deleted.txt': 'deleted\n',
      'emptied/only.txt': 'only\n',
      'folder-to-file/a': 'a\n',
      'folder-to-file/b': 'b\n',
      'file-to-folder': 'file\n',
      'script.sh': '#!/bin/sh\n',
      'users.txt': 'the user works here\n',
      'staged.txt': 'and here\n',
    },
  })
  await gitIn(template, ['config', 'core.logAllRefUpdates', 'true'])
  const task = await startTask(template, folder, id)
  await writeFiles(task.workspace, { 'folder-to-file': null, 'file-to-folder': null })
  await commitFiles(task.workspace, {
    'changed.txt': 'one\nTWO\nthree\n',
    'deleted.txt': null,
    'emptied/only.txt': null,
    'folder-to-file': 'now a file\n',
    'file-to-folder/inside/c': 'c\n',
    'new/deep/d': 'd\n',
    e: 'e\n',
  })
  await gitIn(task.workspace, ['update-index', '--chmod=+x', 'script.sh'])
  const link = await gitIn(task.workspace, ['rev-parse', 'HEAD:flake.nix'])
  await gitIn(task.workspace, ['update-index', '--add', '--cacheinfo', `120000,${link},link`])
  await gitIn(task.workspace, ['commit', '--quiet', '--message', 'A script and a link'])
  await gitIn(task.workspace, ['reset', '--hard', '--quiet'])
  const { commit } = await task.salvage()
  await commitFiles(template, { 'by-user.txt': 'moved on\n' }, 'By the user')
  await writeFiles(template, { 'users.txt': 'to be stashed\n' })
  await gitIn(template, ['stash', '--quiet'])
  await writeFiles(template, {
    'users.txt': 'dirty\n',
    'staged.txt': 'staged\n',
    'untracked.txt': 'u\n',
    'my.log': 'l\n',
  })
  await gitIn(template, ['add', 'staged.txt'])
  await gitIn(template, ['status'])
  return { template, request: { taskId: id, startCommit: task.startCommit, branch: 'main', commit } }
}

/** A repository of its own for one try; times are kept, so that git need not look at any file. */
export async function copyScene({ template }: PublishScene, to: string): Promise<void> {
  await cp(template, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  await gitIn(to, ['update-index', '-q', '--refresh'])
}

/** All that a user would miss: the work tree, index, refs and logs, and whatever git takes for a lock. */
export interface Sight {
  readonly files: Readonly<Record<string, string>>
  readonly index: string
  readonly staged: string
  readonly refs: string
  readonly logs: string
  readonly status: string
  readonly leftovers: readonly string[]
}

export async function lookAtScene(repo: string): Promise<Sight> {
  const index = createHash('sha256')
    .update(await readFile(join(repo, '.git/index')))
    .digest('hex')
  const names = await readdir(join(repo, '.git'), { recursive: true })
  return {
    index,
    files: await filesOf(repo),
    staged: await gitIn(repo, ['ls-files', '--stage']),
    refs: await gitIn(repo, ['for-each-ref', '--format=%(refname)^{tree} %(refname)']).then(async (list) =>
      (
        await Promise.all(
          list
            .split('\n')
            .map(async (line) => `${await gitIn(repo, ['rev-parse', line.split(' ')[0] ?? ''])} ${line.split(' ')[1]}`),
        )
      ).join('\n'),
    ),
    logs: await gitIn(repo, ['reflog', '--format=%T %gs']),
    status: await gitIn(repo, ['status', '--porcelain']),
    // A quarantine that is left is for git's own gc, which knows its name.
    leftovers: names.filter((name) => /\.lock$|microvm|\.keep$/.test(name) && !name.includes('tmp_objdir-')).toSorted(),
  }
}

async function filesOf(folder: string, below = ''): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(join(folder, below))).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`
    if (path === '.git') continue
    const found = await lstat(join(folder, path))
    if (found.isDirectory()) {
      files[`${path}/`] = (found.mode & 0o777).toString(8)
      Object.assign(files, await filesOf(folder, path))
    } else if (found.isSymbolicLink()) files[path] = `-> ${await readlink(join(folder, path))}`
    else files[path] = `${(found.mode & 0o777).toString(8)} ${await readFile(join(folder, path), 'latin1')}`
  }
  return files
}
