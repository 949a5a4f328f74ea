import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { readTaskRef } from '../../../main/git/repository/read-task-ref.ts'
import { startTask, taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, subjectsOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const id = 'a1b2c3d4'

async function project(options: Parameters<typeof makeRepository>[1] = {}) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  const start = await makeRepository(repo, {
    files: { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n', ...options.files },
    ...rest(options),
  })
  return { folder, repo, start }
}

const rest = ({ files: _, ...others }: NonNullable<Parameters<typeof makeRepository>[1]>) => others

/** Everything below a folder by its content, but for what a salvage adds and what reading touches. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile())
      result[path.slice(folder.length)] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    else if (entry.isDirectory()) result[`${path.slice(folder.length)}/`] = 'folder'
  }
  return result
}

describe('what reaches the branch', () => {
  test('a branch that did not move is fast-forwarded, with its work tree, and the ref is gone', async () => {
    const { folder, repo, start } = await project()
    const task = await taskWithCommit(repo, folder, { 'a.txt': null, 'new/c.txt': 'c\n' })
    const tip = await gitIn(task.workspace, ['rev-parse', 'HEAD'])
    expect(await task.merge()).toEqual({
      kind: 'merged',
      method: 'fast-forward',
      commits: 1,
      branch: 'main',
      from: start,
      to: tip,
    })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(tip)
    expect(await statusOf(repo)).toBe('')
    expect(existsSync(join(repo, 'a.txt'))).toBe(false)
    expect(await readFile(join(repo, 'new/c.txt'), 'utf8')).toBe('c\n')
    expect(await readTaskRef(repo, id)).toBeNull()
    expect(await gitIn(repo, ['reflog', '-1', '--format=%gs', 'main'])).toContain(id)
  })

  test('a branch that moved gets the commits rebased, author, date and bytes of the message as they were', async () => {
    const { folder, repo } = await project()
    const task = await startTask(repo, folder)
    await writeFiles(task.workspace, { 'c.txt': 'c\n', message: '\n\nUml\xe4ut\n\n# no comment  \n\n' })
    await writeFile(join(task.workspace, 'message'), Buffer.from('\n\nUml\xe4ut\n\n# no comment  \n\n', 'latin1'))
    await gitIn(task.workspace, ['add', 'c.txt'])
    await gitIn(
      task.workspace,
      ['-c', 'i18n.commitEncoding=ISO-8859-1', 'commit', '--quiet', '--cleanup=verbatim', '--file=message'],
      { GIT_AUTHOR_NAME: 'Zo\u00eb "Q" O\'Neil', GIT_AUTHOR_DATE: '1234567890 -0730' },
    )
    await rm(join(task.workspace, 'message'))
    const raw = (text: string) =>
      text
        .split('\n')
        .filter((line) => !/^(tree|parent|committer) /.test(line))
        .join('\n')
    const before = await gitIn(task.workspace, ['cat-file', 'commit', 'HEAD'])
    const moved = await commitFiles(repo, { 'd.txt': 'd\n' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase', commits: 1, from: moved })
    const after = await gitIn(repo, ['cat-file', 'commit', 'main'])
    expect(raw(after)).toBe(raw(before))
    expect(after).toContain('committer Uma User <uma@example.com>')
    expect(after).toContain(`parent ${moved}`)
    expect(await statusOf(repo)).toBe('')
    expect(await readFile(join(repo, 'c.txt'), 'utf8')).toBe('c\n')
  })

  test('who rebases is whom git calls the user now, whoever that was when the task began', async () => {
    const { folder, repo } = await project()
    const task = await startTask(repo, folder)
    await commitFiles(task.workspace, { 'c.txt': 'c\n' })
    await commitFiles(repo, { 'd.txt': 'd\n' }, 'By the user')
    await gitIn(repo, ['config', 'user.name', 'Ada Another'])
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase' })
    expect(await gitIn(repo, ['log', '-1', '--format=%cn', 'main'])).toBe('Ada Another')
    expect(await gitIn(repo, ['log', '-1', '--format=%an', 'main'])).not.toBe('Ada Another')
  })

  test.each(['sha1', 'sha256'] as const)('many commits onto a branch that moved, %s', async (objectFormat) => {
    const { folder, repo } = await project({ objectFormat })
    const task = await startTask(repo, folder)
    const names = Array.from({ length: 8 }, (_, index) => `deep/${index % 3}/file-${index}`)
    for (const name of names) await commitFiles(task.workspace, { [name]: name }, name)
    await commitFiles(repo, { 'deep/0/user': 'u', 'deep/1/user': 'u' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase', commits: names.length })
    expect(await subjectsOf(repo)).toEqual([...names.toReversed(), 'By the user', 'Start'])
    for (const name of names) expect(await readFile(join(repo, name), 'utf8')).toBe(name)
    expect(await statusOf(repo)).toBe('')
    expect(await gitIn(repo, ['fsck', '--strict', '--no-dangling'])).toBe('')
    const kept = (await readdir(join(repo, '.git/objects/pack'))).filter((name) => name.endsWith('.keep'))
    expect(kept).toEqual([])
  })

  test('a sparse checkout stays one, whatever comes outside of it', async () => {
    const { folder, repo } = await project({ files: { 'in/a': '1\n', 'out/b': '1\n' } })
    const task = await taskWithCommit(repo, folder, { 'in/a': '2\n', 'out/b': '2\n', 'out/c': 'c\n' })
    await gitIn(repo, ['sparse-checkout', 'set', '--cone', 'in'])
    await commitFiles(repo, { 'in/user': 'u\n' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase' })
    expect(await readFile(join(repo, 'in/a'), 'utf8')).toBe('2\n')
    expect(existsSync(join(repo, 'out'))).toBe(false)
    expect(await statusOf(repo)).toBe('')
  })

  test('a commit that became empty is dropped, one that was empty stays', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'a.txt': 'ONE\ntwo\nthree\n' }, { message: 'Same as the user' })
    await commitFiles(task.workspace, {}, 'Empty on purpose')
    await commitFiles(task.workspace, { 'c.txt': 'c\n' }, 'Own')
    await commitFiles(repo, { 'a.txt': 'ONE\ntwo\nthree\n' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'merged', commits: 2 })
    expect(await subjectsOf(repo)).toEqual(['Own', 'Empty on purpose', 'By the user', 'Start'])
  })

  test('work that the branch holds already is nothing to merge', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'a.txt': 'ONE\ntwo\nthree\n' })
    const user = await commitFiles(repo, { 'a.txt': 'ONE\ntwo\nthree\n' }, 'By the user')
    expect(await task.merge()).toEqual({ kind: 'unchanged', branch: 'main' })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(user)
    expect(await readTaskRef(repo, id)).toBeNull()
  })

  test('a branch that the user took back behind the start does not get back what was taken off', async () => {
    const { folder, repo, start } = await project()
    await commitFiles(repo, { 'secret.txt': 'oops\n' }, 'To be undone')
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    await gitIn(repo, ['reset', '--quiet', '--hard', start])
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase', commits: 1 })
    expect(await subjectsOf(repo)).toEqual(['Work of the task', 'Start'])
    expect(existsSync(join(repo, 'secret.txt'))).toBe(false)
  })

  test('a branch that is not checked out any more is moved without touching the work tree', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
    await writeFiles(repo, { 'c.txt': 'mine' })
    expect(await task.merge()).toMatchObject({ kind: 'merged', branch: 'main' })
    expect(await subjectsOf(repo, 'main')).toEqual(['Work of the task', 'Start'])
    expect(await readFile(join(repo, 'c.txt'), 'utf8')).toBe('mine')
  })

  test('a branch that moved to a linked worktree is published there', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    const linked = join(folder, 'linked \u00fc')
    await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
    await gitIn(repo, ['worktree', 'add', '--quiet', linked, 'main'])
    expect(await task.merge()).toMatchObject({ kind: 'merged', branch: 'main' })
    expect(await readFile(join(linked, 'c.txt'), 'utf8')).toBe('c\n')
    expect(await statusOf(linked)).toBe('')
    expect(existsSync(join(repo, 'c.txt'))).toBe(false)
    expect(await statusOf(repo)).toBe('')
  })

  test('file modes, symbolic links, deletions and odd names survive a rebase', async () => {
    const { folder, repo } = await project({ files: { 'gone.txt': 'x', 'run.sh': '#!/bin/sh\n' } })
    const task = await startTask(repo, folder)
    await writeFiles(task.workspace, { 'new\nline "q" \u00fc': '1', '-dash': '2', 'gone.txt': null })
    await writeFile(Buffer.concat([Buffer.from(`${task.workspace}/`), Buffer.from('b\xff', 'latin1')]), 'raw').catch(
      unlessNamesAreText,
    )
    await gitIn(task.workspace, ['update-index', '--chmod=+x', 'run.sh'])
    const link = await gitIn(task.workspace, ['rev-parse', 'HEAD:run.sh'])
    await gitIn(task.workspace, ['update-index', '--add', '--cacheinfo', `120000,${link},link`])
    await gitIn(task.workspace, ['add', '--all', '--', ':!run.sh', ':!link'])
    await gitIn(task.workspace, ['commit', '--quiet', '--message=Odd'])
    const tree = await gitIn(task.workspace, ['ls-tree', '-r', '-z', 'HEAD'])
    await gitIn(task.workspace, ['reset', '--quiet', '--hard'])
    await commitFiles(repo, { 'b.txt': 'moved\n' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'merged', method: 'rebase' })
    const merged = (await gitIn(repo, ['ls-tree', '-r', '-z', 'main']))
      .split('\0')
      .filter((line) => !line.endsWith('b.txt'))
    expect(merged).toEqual(tree.split('\0').filter((line) => !line.endsWith('b.txt')))
    expect(await statusOf(repo)).toBe('')
  })

  test('merges inside the task go in as they are on a fast-forward, in a line when that gives the same files', async () => {
    const { folder, repo } = await project()
    const withMerge = async (taskId: string) => {
      const task = await startTask(repo, folder, taskId)
      await gitIn(task.workspace, ['checkout', '--quiet', '-b', 'side'])
      await commitFiles(task.workspace, { [`side-${taskId}`]: '1' }, `Side ${taskId}`)
      await gitIn(task.workspace, ['checkout', '--quiet', `task-${taskId}`])
      await commitFiles(task.workspace, { [`main-${taskId}`]: '1' }, `Main ${taskId}`)
      await gitIn(task.workspace, ['merge', '--quiet', '--no-ff', '--message=Join', 'side'])
      return task
    }
    const first = await withMerge('00000001')
    const second = await withMerge('00000002')
    expect(await first.merge()).toMatchObject({ method: 'fast-forward', commits: 3 })
    expect(await second.merge()).toMatchObject({ method: 'rebase', commits: 2 })
    expect(await subjectsOf(repo)).toContain('Side 00000002')
    expect(await statusOf(repo)).toBe('')
  })

  test('a merge whose own content a line of commits would lose is reported, not mangled', async () => {
    const { folder, repo } = await project()
    const task = await startTask(repo, folder)
    await gitIn(task.workspace, ['checkout', '--quiet', '-b', 'side'])
    await commitFiles(task.workspace, { side: '1' }, 'Side')
    await gitIn(task.workspace, ['checkout', '--quiet', `task-${id}`])
    await commitFiles(task.workspace, { main: '1' }, 'Main')
    await gitIn(task.workspace, ['merge', '--quiet', '--no-ff', '--no-commit', 'side'])
    await commitFiles(task.workspace, { evil: 'only in the merge' }, 'Join')
    const user = await commitFiles(repo, { 'd.txt': 'd' }, 'By the user')
    expect(await task.merge()).toMatchObject({ kind: 'unmerged', reason: 'merge_commits' })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(user)
  })

  test('hooks of the repository do not run, and unrelated changes of the user stay where they are', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    const marker = join(folder, 'hook-ran')
    const hooks = [
      'reference-transaction',
      'post-index-change',
      'post-checkout',
      'post-merge',
      'post-rewrite',
      'pre-commit',
    ]
    for (const hook of hooks) {
      await mkdir(join(repo, '.git/hooks'), { recursive: true })
      await writeFile(join(repo, '.git/hooks', hook), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 })
    }
    await writeFiles(repo, { 'a.txt': 'dirty\n', 'b.txt': 'staged\n', untracked: 'u' })
    await gitIn(repo, ['-c', 'core.hooksPath=/dev/null', 'add', 'b.txt'])
    const stash = await gitIn(repo, ['-c', 'core.hooksPath=/dev/null', 'stash', 'create'])
    await gitIn(repo, ['-c', 'core.hooksPath=/dev/null', 'stash', 'store', stash])
    const status = ' M a.txt\nM  b.txt\n?? untracked'
    expect(await gitIn(repo, ['-c', 'core.hooksPath=/dev/null', 'status', '--porcelain'])).toBe(status)
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(existsSync(marker)).toBe(false)
    expect(await gitIn(repo, ['-c', 'core.hooksPath=/dev/null', 'status', '--porcelain'])).toBe(status)
    expect(await gitIn(repo, ['rev-parse', 'stash@{0}'])).toBe(stash)
    // The proof that the hooks could have told: the plain way sets them off.
    await gitIn(repo, ['update-ref', 'refs/heads/other', 'HEAD'])
    expect(existsSync(marker)).toBe(true)
  })
})

describe('what stops a merge leaves everything as it was', () => {
  const cases: {
    name: string
    files?: Record<string, string>
    work: Record<string, string | null>
    before: (repo: string, folder: string) => Promise<unknown>
    expected: { reason: string; files?: string[] }
  }[] = [
    {
      name: 'a conflict, with its files',
      work: { 'a.txt': 'ONE\ntwo\nthree\n', 'z.txt': 'z' },
      before: (repo) => commitFiles(repo, { 'a.txt': 'uno\ntwo\nthree\n' }),
      expected: { reason: 'conflicts', files: ['a.txt'] },
    },
    {
      name: 'a file that one side deleted and the other changed',
      work: { 'a.txt': null },
      before: (repo) => commitFiles(repo, { 'a.txt': 'uno\ntwo\nthree\n' }),
      expected: { reason: 'conflicts', files: ['a.txt'] },
    },
    {
      name: 'changed files that are not committed',
      work: { 'a.txt': 'ONE\ntwo\nthree\n', 'b.txt': 'B\n' },
      before: (repo) => writeFiles(repo, { 'a.txt': 'dirty\n', 'b.txt': 'dirty\n' }),
      expected: { reason: 'local_changes', files: ['a.txt', 'b.txt'] },
    },
    {
      name: 'a changed file, beside one that has another time',
      work: { 'a.txt': 'ONE\ntwo\nthree\n' },
      before: async (repo) => {
        await writeFiles(repo, { 'a.txt': 'dirty\n' })
        await utimes(join(repo, 'b.txt'), 1, 1)
      },
      expected: { reason: 'local_changes', files: ['a.txt'] },
    },
    {
      name: 'a staged file',
      work: { 'a.txt': 'ONE\ntwo\nthree\n' },
      before: async (repo) => {
        await writeFiles(repo, { 'a.txt': 'staged\n' })
        await gitIn(repo, ['add', 'a.txt'])
      },
      expected: { reason: 'local_changes', files: ['a.txt'] },
    },
    {
      name: 'an untracked file',
      work: { 'c.txt': 'c\n' },
      before: (repo) => writeFiles(repo, { 'c.txt': 'mine\n' }),
      expected: { reason: 'local_changes', files: ['c.txt'] },
    },
    {
      name: 'an ignored file',
      files: { '.gitignore': '.env\n' },
      work: { '.env': 'from the task', '.gitignore': '' },
      before: (repo) => writeFiles(repo, { '.env': 'SECRET=1\n' }),
      expected: { reason: 'local_changes', files: ['.env'] },
    },
    {
      name: 'an ignored file in a folder where the task has a file',
      files: { '.gitignore': '*.key\n' },
      work: { store: 'a file' },
      before: (repo) => writeFiles(repo, { 'store/my.key': 'SECRET\n' }),
      expected: { reason: 'local_changes', files: ['store/my.key'] },
    },
    {
      name: 'an ignored file where the task has a folder',
      files: { '.gitignore': 'build\n' },
      work: { 'build/out.txt': 'from the task', '.gitignore': '' },
      before: (repo) => writeFiles(repo, { build: 'mine\n' }),
      expected: { reason: 'local_changes', files: ['build'] },
    },
    {
      name: 'a changed file where the branch moved',
      work: { 'a.txt': 'ONE\ntwo\nthree\n', 'c.txt': 'c\n' },
      before: async (repo) => {
        await commitFiles(repo, { 'd.txt': 'd\n' })
        await writeFiles(repo, { 'a.txt': 'dirty\n' })
      },
      expected: { reason: 'local_changes', files: ['a.txt'] },
    },
    {
      name: 'a changed file that git was told to take for unchanged, where the branch moved',
      work: { 'a.txt': 'ONE\ntwo\nthree\n' },
      before: async (repo) => {
        await commitFiles(repo, { 'd.txt': 'd\n' })
        await gitIn(repo, ['update-index', '--assume-unchanged', 'a.txt'])
        await writeFiles(repo, { 'a.txt': 'dirty\n' })
      },
      expected: { reason: 'local_changes', files: ['a.txt'] },
    },
    {
      name: 'a branch that is gone',
      work: { 'c.txt': 'c\n' },
      before: async (repo) => {
        await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
        await gitIn(repo, ['branch', '--quiet', '-D', 'main'])
      },
      expected: { reason: 'branch_gone' },
    },
    {
      name: 'a rebase in progress',
      work: { 'c.txt': 'c\n' },
      before: async (repo) => {
        await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
        await commitFiles(repo, { 'a.txt': 'other\n' })
        await gitIn(repo, ['checkout', '--quiet', 'main'])
        await commitFiles(repo, { 'a.txt': 'main\n' })
        await expect(gitIn(repo, ['rebase', 'other'])).rejects.toThrow()
      },
      expected: { reason: 'operation_in_progress' },
    },
    {
      name: 'a merge in progress',
      work: { 'c.txt': 'c\n' },
      before: async (repo) => {
        await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
        await commitFiles(repo, { 'd.txt': 'other\n' })
        await gitIn(repo, ['checkout', '--quiet', 'main'])
        await gitIn(repo, ['merge', '--quiet', '--no-ff', '--no-commit', 'other'])
      },
      expected: { reason: 'operation_in_progress' },
    },
    {
      name: 'a cherry-pick in progress',
      work: { 'c.txt': 'c\n' },
      before: async (repo) => {
        await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
        await commitFiles(repo, { 'a.txt': 'other\n' })
        await gitIn(repo, ['checkout', '--quiet', 'main'])
        await commitFiles(repo, { 'a.txt': 'main\n' })
        await expect(gitIn(repo, ['cherry-pick', 'other'])).rejects.toThrow()
      },
      expected: { reason: 'operation_in_progress' },
    },
    {
      name: 'a bisect in progress',
      work: { 'c.txt': 'c\n' },
      before: async (repo) => {
        await commitFiles(repo, { 'd.txt': '1\n' })
        await commitFiles(repo, { 'd.txt': '2\n' })
        await gitIn(repo, ['bisect', 'start', 'HEAD', 'HEAD~2'])
      },
      expected: { reason: 'operation_in_progress' },
    },
    {
      name: 'a rebase of the branch in a linked worktree',
      work: { 'c.txt': 'c\n' },
      before: async (repo, folder) => {
        await gitIn(repo, ['checkout', '--quiet', '-b', 'other'])
        await commitFiles(repo, { 'a.txt': 'other\n' })
        await gitIn(repo, ['worktree', 'add', '--quiet', join(folder, 'linked'), 'main'])
        await commitFiles(join(folder, 'linked'), { 'a.txt': 'main\n' })
        await expect(gitIn(join(folder, 'linked'), ['rebase', 'other'])).rejects.toThrow()
      },
      expected: { reason: 'operation_in_progress' },
    },
  ]

  for (const { name, files, work, before, expected } of cases) {
    test(name, async () => {
      const { folder, repo } = await project({ ...(files && { files }) })
      const task = await taskWithCommit(repo, folder, work)
      await before(repo, folder)
      const { commit } = await task.salvage()
      const untouched = await snapshot(repo)
      const outcome = await mergeWork({
        repoPath: repo,
        taskId: id,
        startCommit: task.startCommit,
        branch: 'main',
        commit,
      })
      expect(outcome).toMatchObject({ kind: 'unmerged', ...expected })
      expect(await snapshot(repo)).toEqual(untouched)
      expect(await readTaskRef(repo, id)).toBe(commit)
    })
  }

  test('no branch, when HEAD was detached at the start', async () => {
    const { folder, repo } = await project()
    await gitIn(repo, ['checkout', '--quiet', '--detach'])
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    expect(task.branch).toBeNull()
    expect(await task.merge()).toMatchObject({ kind: 'unmerged', reason: 'detached_head' })
    expect(await readTaskRef(repo, id)).not.toBeNull()
  })

  test('a commit that is not in the repository', async () => {
    const { repo, start } = await project()
    const request = { repoPath: repo, taskId: id, startCommit: start, branch: 'main', commit: '1'.repeat(40) }
    expect(await mergeWork(request)).toMatchObject({ kind: 'unmerged', reason: 'fetch_failed' })
  })

  test('a time limit that has passed', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'c.txt': 'c\n' })
    const { commit } = await task.salvage()
    const reason = new DOMException('too long', 'TimeoutError')
    const request = { repoPath: repo, taskId: id, startCommit: task.startCommit, branch: 'main', commit }
    expect(await mergeWork(request, AbortSignal.abort(reason))).toMatchObject({ kind: 'unmerged', reason: 'timed_out' })
  })

  test('a failed merge succeeds when tried again after the user made way', async () => {
    const { folder, repo } = await project()
    const task = await taskWithCommit(repo, folder, { 'a.txt': 'ONE\ntwo\nthree\n' })
    await writeFiles(repo, { 'a.txt': 'dirty\n' })
    expect(await task.merge()).toMatchObject({ reason: 'local_changes' })
    await gitIn(repo, ['checkout', '--quiet', 'a.txt'])
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
  })
})

describe('many at once', () => {
  test('ten tasks that finish together in one repository are all merged, in order, none lost', async () => {
    const { folder, repo } = await project()
    const ids = Array.from({ length: 10 }, (_, index) => `0000000${index}`)
    const tasks = await Promise.all(
      ids.map((taskId) =>
        taskWithCommit(repo, folder, { [`file-${taskId}`]: taskId }, { id: taskId, message: `Task ${taskId}` }),
      ),
    )
    const salvaged = await Promise.all(tasks.map((task) => task.salvage()))
    const outcomes = await Promise.all(
      tasks.map(({ id: taskId, startCommit }, index) =>
        mergeWork({ repoPath: repo, taskId, startCommit, branch: 'main', commit: salvaged[index]?.commit ?? '' }),
      ),
    )
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(ids.map(() => 'merged'))
    expect((await subjectsOf(repo)).reverse()).toEqual(['Start', ...ids.map((taskId) => `Task ${taskId}`)])
    expect(await statusOf(repo)).toBe('')
    expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
    expect((await gitIn(repo, ['rev-list', '--merges', 'main'])).trim()).toBe('')
  })
})

/** There are file systems on which no such file can be made, by an agent or by a checkout. */
function unlessNamesAreText(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'EILSEQ') throw error
}
