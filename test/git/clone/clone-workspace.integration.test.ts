import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { run } from '../../../main/lib/processes/spawn.ts'
import { cannotHoldHere } from '../../support/git/folding-file-system.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project(options: Parameters<typeof makeRepository>[1] = {}) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  return { folder, repo, start: await makeRepository(repo, options) }
}

const allowFile = ['-c', 'protocol.file.allow=always']

describe('the clone is whole and the task\u2019s own', () => {
  test('HEAD is on task-ID at the start commit, under the name of the task, with its history and a clean status', async () => {
    const { folder, repo } = await project()
    await commitFiles(repo, { 'b.txt': 'b' }, 'Second')
    const { workspace, startCommit, branch, notes } = await startTask(repo, folder)
    expect({ branch, notes }).toEqual({ branch: 'main', notes: [] })
    expect(startCommit).toBe(await gitIn(repo, ['rev-parse', 'HEAD']))
    expect(await gitIn(workspace, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/task-a1b2c3d4')
    expect(await gitIn(workspace, ['rev-list', '--count', 'HEAD'])).toBe('2')
    expect(await statusOf(workspace)).toBe('')
    expect(await gitIn(workspace, ['config', 'user.name'])).toBe('Claude Task (a1b2c3d4)')
    expect(await gitIn(workspace, ['fsck', '--full'])).toBe('')
  })

  test('nothing of the user\u2019s settings, remotes, hooks, credentials, stash or ignored files comes along', async () => {
    const { folder, repo } = await project({ files: { '.gitignore': '.env\n' } })
    await writeFiles(repo, { '.env': 'SECRET=1', untracked: 'u', '.git/hooks/post-checkout': '#!/bin/sh\n' })
    await gitIn(repo, ['remote', 'add', 'origin', 'https://user:secret@example.invalid/x.git'])
    await gitIn(repo, ['config', 'credential.helper', 'store'])
    const { workspace } = await startTask(repo, folder)
    expect(await gitIn(workspace, ['remote'])).toBe('')
    expect(await gitIn(workspace, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/task-a1b2c3d4')
    expect(existsSync(join(workspace, '.env'))).toBe(false)
    expect(existsSync(join(workspace, 'untracked'))).toBe(false)
    expect(existsSync(join(workspace, '.git/hooks'))).toBe(false)
    const config = await readFile(join(workspace, '.git/config'), 'utf8')
    expect(config).not.toMatch(/secret|credential|Uma/)
  })

  test('no file is a link to one of the user\u2019s: what the guest writes stays in the clone', async () => {
    const { folder, repo } = await project()
    await gitIn(repo, ['repack', '-adq'])
    await commitFiles(repo, { loose: '1' })
    const { workspace } = await startTask(repo, folder)
    let seen = 0
    for (const entry of await readdir(join(workspace, '.git/objects'), { recursive: true, withFileTypes: true })) {
      const found = await lstat(join(entry.parentPath, entry.name))
      if (found.isDirectory()) continue
      seen += 1
      expect(found.isFile()).toBe(true)
      expect(found.nlink).toBe(1)
    }
    expect(seen).toBeGreaterThan(4)
  })

  test('objects that the repository borrows from another come into the clone', async () => {
    const { folder, repo } = await project()
    const borrower = join(folder, 'borrower')
    await gitIn(folder, ['clone', '--quiet', '--shared', repo, borrower])
    await commitFiles(borrower, { own: '1' }, 'Own')
    const { workspace } = await startTask(borrower, folder)
    await rm(repo, { recursive: true })
    expect(existsSync(join(workspace, '.git/objects/info/alternates'))).toBe(false)
    expect(await gitIn(workspace, ['fsck', '--full'])).toBe('')
    expect(await gitIn(workspace, ['rev-list', '--count', 'HEAD'])).toBe('2')
  })
})

describe('every kind of repository can be cloned, worked in and merged', () => {
  const roundTrip = async (repo: string, folder: string) => {
    const task = await startTask(repo, folder)
    expect(await statusOf(task.workspace)).toBe('')
    await commitFiles(task.workspace, { 'by-task.txt': 'done\n' }, 'By the task')
    await writeFiles(task.workspace, { 'left-over.txt': 'not committed\n' })
    expect(await task.merge()).toMatchObject({ kind: 'merged', commits: 2 })
    expect(await statusOf(repo)).toBe('')
    expect(await readFile(join(repo, 'left-over.txt'), 'utf8')).toBe('not committed\n')
    return task
  }

  test('a linked worktree, onto its own branch', async () => {
    const { folder, repo, start } = await project()
    const linked = join(folder, 'linked')
    await gitIn(repo, ['worktree', 'add', '--quiet', '-b', 'feature', linked])
    await roundTrip(linked, folder)
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(start)
    expect(await gitIn(repo, ['log', '-1', '--format=%s', 'feature'])).toBe('WIP: uncommitted work of task a1b2c3d4')
  })

  test('a SHA-256 repository', async () => {
    const { folder, repo } = await project({ objectFormat: 'sha256' })
    const task = await roundTrip(repo, folder)
    expect(task.startCommit).toHaveLength(64)
    await commitFiles(repo, { moved: '1' })
    const second = await startTask(repo, folder, '00000002')
    await commitFiles(second.workspace, { 'second.txt': '2' })
    await commitFiles(repo, { moved: '2' })
    expect(await second.merge()).toMatchObject({ kind: 'merged', method: 'rebase' })
  })

  test('a shallow clone', async () => {
    const { folder, repo } = await project()
    for (const number of [1, 2, 3]) await commitFiles(repo, { number: `${number}` }, `Commit ${number}`)
    const shallow = join(folder, 'shallow')
    await gitIn(folder, ['clone', '--quiet', '--depth=2', `file://${repo}`, shallow])
    await roundTrip(shallow, folder)
    expect(await gitIn(shallow, ['rev-list', '--count', 'HEAD'])).toBe('4')
    const second = await startTask(shallow, folder, '00000002')
    await commitFiles(second.workspace, { 'second.txt': '2' })
    await commitFiles(shallow, { moved: '1' })
    expect(await second.merge()).toMatchObject({ kind: 'merged', method: 'rebase' })
  })

  test('a partial clone, with a note, and without asking its remote', async () => {
    const { folder, repo } = await project()
    await commitFiles(repo, { 'README.md': 'newer\n' })
    await gitIn(repo, ['config', 'uploadpack.allowFilter', 'true'])
    const partial = join(folder, 'partial')
    await gitIn(folder, ['clone', '--quiet', '--filter=blob:none', `file://${repo}`, partial])
    await rm(repo, { recursive: true })
    const task = await roundTrip(partial, folder)
    expect(task.notes).toEqual([expect.stringContaining('partial clone')])
    expect(await gitIn(task.workspace, ['remote'])).toBe('')
  })

  test('a sparse checkout: what lies outside is neither checked out nor taken for deleted', async () => {
    const { folder, repo } = await project({ files: { 'in/a': '1', 'out/b': '2', top: '3' } })
    await gitIn(repo, ['sparse-checkout', 'set', '--cone', 'in'])
    const task = await roundTrip(repo, folder)
    expect(existsSync(join(task.workspace, 'in/a'))).toBe(true)
    expect(existsSync(join(task.workspace, 'out'))).toBe(false)
    expect(await gitIn(repo, ['ls-tree', '-r', '--name-only', 'main'])).toContain('out/b')
    expect(existsSync(join(repo, 'out'))).toBe(false)
  })

  test('a sparse checkout by patterns, with a file deleted inside', async () => {
    const { folder, repo } = await project({ files: { 'in/a': '1', 'in/gone': '1', 'out/b': '2' } })
    await gitIn(repo, ['sparse-checkout', 'set', '--no-cone', '/*', '!/out/'])
    const task = await startTask(repo, folder)
    await rm(join(task.workspace, 'in/gone'))
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    const names = await gitIn(repo, ['ls-tree', '-r', '--name-only', 'main'])
    expect(names).toContain('out/b')
    expect(names).not.toContain('in/gone')
  })

  test('names with newlines, quotes, blanks and leading dashes', async () => {
    const { folder, repo } = await project({
      files: { 'a\nb': '1', '"q"': '2', '-rf': '3', 'sp ace/\u{1f600}': '4' },
    })
    const task = await startTask(repo, folder)
    await writeFiles(task.workspace, { '-rf': 'changed', 'a\nb': null, ':(top)magic': '6' })
    expect((await task.salvage()).filesChanged).toEqual(['-rf', ':(top)magic', 'a⟪U+000A⟫b'])
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(await statusOf(repo)).toBe('')
  })

  test('names with accents and with bytes that are no UTF-8', async () => {
    const reason = 'macOS stores no such bytes, and git composes what it reads there; on Linux it does not'
    if (cannotHoldHere(['both', 'accents'], reason)) return
    const { folder, repo } = await project({ files: { 'sp ace/\u00fc': '4' } })
    const raw = Buffer.concat([Buffer.from(`${repo}/`), Buffer.from('raw-\xff\xfe', 'latin1')])
    await writeFile(raw, '5')
    await commitFiles(repo, {}, 'Raw')
    const task = await startTask(repo, folder)
    const inClone = Buffer.concat([Buffer.from(`${task.workspace}/`), Buffer.from('raw-\xff\xfe', 'latin1')])
    expect((await stat(inClone)).size).toBe(1)
    await writeFile(inClone, 'changed by the task')
    const work = await task.salvage()
    expect(work.filesChanged).toEqual(['"raw-\\377\\376"'])
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(await readFile(raw, 'utf8')).toBe('changed by the task')
    expect(await statusOf(repo)).toBe('')
  })

  test('a repository whose path has odd characters', async () => {
    const folder = await mkdtemp(join(await temporaryFolder(), 'a "b"; c:d #\u00fc\\'))
    const repo = join(folder, 'project')
    await makeRepository(repo)
    await roundTrip(repo, folder)
  })

  test('submodules in submodules, cloned from where the user has them, and a change in one comes back', async () => {
    const { folder, repo } = await project()
    await makeRepository(join(folder, 'inner'), { files: { 'inner.txt': 'i' } })
    await makeRepository(join(folder, 'outer'), { files: { 'outer.txt': 'o' } })
    await gitIn(join(folder, 'outer'), [...allowFile, 'submodule', '--quiet', 'add', join(folder, 'inner'), 'in'])
    await commitFiles(join(folder, 'outer'), {}, 'With inner')
    await gitIn(repo, [
      ...allowFile,
      'submodule',
      '--quiet',
      'add',
      '--name',
      'named',
      join(folder, 'outer'),
      'mods/out',
    ])
    await gitIn(repo, [...allowFile, 'submodule', '--quiet', 'update', '--init', '--recursive'])
    await commitFiles(repo, {}, 'With outer')
    await rm(join(folder, 'inner'), { recursive: true })
    await rm(join(folder, 'outer'), { recursive: true })

    const task = await startTask(repo, folder)
    expect(task.notes).toEqual([])
    expect(await readFile(join(task.workspace, 'mods/out/in/inner.txt'), 'utf8')).toBe('i')
    expect(await statusOf(task.workspace)).toBe('')
    expect(await gitIn(task.workspace, ['submodule', 'status', '--recursive'])).not.toMatch(/^[-+U]/m)
    await writeFiles(task.workspace, { 'mods/out/outer.txt': 'changed' })
    expect(await task.merge()).toMatchObject({ kind: 'merged', commits: 1 })
    const pointer = await gitIn(repo, ['rev-parse', 'main:mods/out'])
    expect(await gitIn(join(repo, 'mods/out'), ['show', `${pointer}:outer.txt`])).toBe('changed')
    expect(await gitIn(join(repo, 'mods/out'), ['rev-parse', 'refs/tasks/a1b2c3d4'])).toBe(pointer)
  })

  test('a submodule that the user has not checked out is an empty folder and a note', async () => {
    const { folder, repo } = await project()
    await makeRepository(join(folder, 'module'))
    await gitIn(repo, [...allowFile, 'submodule', '--quiet', 'add', join(folder, 'module'), 'mod'])
    await commitFiles(repo, {}, 'With module')
    const fresh = join(folder, 'fresh')
    await gitIn(folder, ['clone', '--quiet', repo, fresh])
    const task = await startTask(fresh, folder)
    expect(task.notes).toEqual([expect.stringContaining('Submodule mod is not checked out')])
    await commitFiles(task.workspace, { own: '1' })
    expect(await task.merge()).toMatchObject({ kind: 'merged' })
    expect(await gitIn(fresh, ['ls-tree', 'main', 'mod'])).toContain('160000 commit')
  })

  test('Git LFS objects present locally come along, and what the task adds comes back as a pointer with its object', async () => {
    const content = 'large content\n'
    const oid = (text: string) => createHash('sha256').update(text).digest('hex')
    const pointer = (text: string) =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${oid(text)}\nsize ${text.length}\n`
    const objectOf = (root: string, text: string) =>
      join(root, '.git/lfs/objects', oid(text).slice(0, 2), oid(text).slice(2, 4), oid(text))
    const { folder, repo } = await project({
      files: { '.gitattributes': '*.bin filter=lfs -text\n', 'a.bin': pointer(content) },
    })
    await mkdir(join(objectOf(repo, content), '..'), { recursive: true })
    await writeFile(objectOf(repo, content), content)

    const task = await startTask(repo, folder)
    expect(await readFile(objectOf(task.workspace, content), 'utf8')).toBe(content)
    await writeFiles(task.workspace, { 'a.bin': content, 'new.bin': 'made by the task\n' })
    const work = await task.salvage()
    expect(work.filesChanged).toEqual(['new.bin'])
    expect(await gitIn(repo, ['show', `${work.commit}:new.bin`])).toBe(pointer('made by the task\n').trimEnd())
    expect(await readFile(objectOf(repo, 'made by the task\n'), 'utf8')).toBe('made by the task\n')
  })
})

describe('a repository that was cloned before is cloned as it is now', () => {
  const cloner = (folder: string, repo: string) => {
    let count = 0
    return async () => {
      const workspace = join(folder, `clone-${count++}`)
      const { startCommit, branch, notes } = await cloneWorkspace({ repoPath: repo, workspace, taskId: 'a1b2c3d4' })
      expect(await gitIn(workspace, ['rev-parse', 'HEAD'])).toBe(startCommit)
      expect(await statusOf(workspace)).toBe('')
      return { workspace, startCommit, branch, notes }
    }
  }

  test('with what it is set to meanwhile', async () => {
    const { folder, repo } = await project({ files: { 'in/a': '1', 'out/b': '2' } })
    const again = cloner(folder, repo)
    await again()
    await gitIn(repo, ['sparse-checkout', 'set', '--cone', 'in'])
    const sparse = await again()
    expect(existsSync(join(sparse.workspace, 'in/a'))).toBe(true)
    expect(existsSync(join(sparse.workspace, 'out'))).toBe(false)
    await gitIn(repo, ['sparse-checkout', 'disable'])
    await rm(join(repo, '.git/info/sparse-checkout'))
    await writeFile(join(folder, 'ignored'), '*.log\n')
    await gitIn(repo, ['config', 'core.excludesFile', join(folder, 'ignored')])
    await gitIn(repo, ['config', 'core.ignoreCase', 'true'])
    const whole = await again()
    expect(existsSync(join(whole.workspace, 'out/b'))).toBe(true)
    expect(await readFile(join(whole.workspace, '.git/info/exclude'), 'utf8')).toContain('*.log')
    expect(await gitIn(whole.workspace, ['config', 'core.ignoreCase'])).toBe('true')
    await gitIn(repo, ['config', 'remote.origin.promisor', 'true'])
    expect((await again()).notes).toEqual([expect.stringContaining('partial clone')])
  })

  test('on the branch and at the commit where it is, with the flake and the submodules of that', async () => {
    const { folder, repo, start } = await project()
    const again = cloner(folder, repo)
    expect(await again()).toMatchObject({ startCommit: start, branch: 'main' })
    const second = await commitFiles(repo, { 'b.txt': 'b' })
    expect(await again()).toMatchObject({ startCommit: second, branch: 'main' })
    await gitIn(repo, ['checkout', '--quiet', '-b', 'side', start])
    await gitIn(repo, ['pack-refs', '--all'])
    expect(await again()).toMatchObject({ startCommit: start, branch: 'side' })
    await gitIn(repo, ['checkout', '--quiet', '--detach', second])
    expect(await again()).toMatchObject({ startCommit: second, branch: null })
    await gitIn(repo, ['checkout', '--quiet', 'main'])
    await makeRepository(join(folder, 'inner'))
    await gitIn(repo, [...allowFile, 'submodule', '--quiet', 'add', join(folder, 'inner'), 'inner'])
    await gitIn(repo, ['commit', '--quiet', '--message', 'Inner'])
    expect(existsSync(join((await again()).workspace, 'inner/flake.nix'))).toBe(true)
    await commitFiles(repo, { 'flake.nix': null })
    await expect(again()).rejects.toMatchObject({ code: 'flake-missing' })
  })

  test('with its own damage', async () => {
    const { folder, repo } = await project({ files: { 'a.txt': 'some content' } })
    const again = cloner(folder, repo)
    await again()
    const blob = await gitIn(repo, ['rev-parse', 'HEAD:a.txt'])
    await rm(join(repo, '.git/objects', blob.slice(0, 2), blob.slice(2)))
    await expect(again()).rejects.toMatchObject({ code: 'clone-failed', hint: expect.stringContaining('fsck') })
    expect(existsSync(join(folder, 'clone-1'))).toBe(false)
  })
})

describe('what cannot be cloned says why and leaves nothing', () => {
  const refused = async (repo: string, workspace: string, expected: Record<string, unknown>) => {
    await expect(cloneWorkspace({ repoPath: repo, workspace, taskId: 'a1b2c3d4' })).rejects.toMatchObject(expected)
  }

  test('an empty repository', async () => {
    const folder = await temporaryFolder()
    await gitIn(folder, ['init', '--quiet', 'empty'])
    await refused(join(folder, 'empty'), join(folder, 'clone'), {
      code: 'clone-failed',
      hint: expect.stringContaining('Commit'),
    })
    expect(existsSync(join(folder, 'clone'))).toBe(false)
  })

  test('a repository with no flake.nix, and one whose flake.nix is not committed', async () => {
    const { folder, repo } = await project({ flake: null })
    await refused(repo, join(folder, 'clone'), {
      code: 'flake-missing',
      message: expect.stringContaining('No flake.nix found'),
    })
    await writeFiles(repo, { 'flake.nix': '{}' })
    await refused(repo, join(folder, 'clone'), { code: 'flake-missing', hint: expect.stringContaining('Commit it') })
    await rm(join(repo, 'flake.nix'))
    const needless = { repoPath: repo, workspace: join(folder, 'clone'), taskId: 'a1b2c3d4', needsFlake: false }
    expect(await cloneWorkspace(needless)).toMatchObject({ branch: 'main' })
  })

  test('a damaged repository', async () => {
    const { folder, repo } = await project({ files: { 'a.txt': 'some content' } })
    const blob = await gitIn(repo, ['rev-parse', 'HEAD:a.txt'])
    await rm(join(repo, '.git/objects', blob.slice(0, 2), blob.slice(2)))
    await refused(repo, join(folder, 'clone'), { code: 'clone-failed', hint: expect.stringContaining('fsck') })
    expect(existsSync(join(folder, 'clone'))).toBe(false)
  })

  test('a cancelled clone', async () => {
    const { folder, repo } = await project()
    const workspace = join(folder, 'clone')
    const cancelled = new AbortController()
    const cloning = cloneWorkspace({ repoPath: repo, workspace, taskId: 'a1b2c3d4' }, cancelled.signal)
    // Cancelled as soon as there is something to leave behind.
    const watch = setInterval(() => existsSync(workspace) && cancelled.abort(new Error('cancelled by the test')), 1)
    onTestFinished(() => clearInterval(watch))
    await expect(cloning).rejects.toThrow('cancelled by the test')
    expect(existsSync(workspace)).toBe(false)
  })

  test('a disk that is full', async ({ skip }) => {
    const { folder, repo } = await project({
      files: { big: 'x'.repeat(3_000_000).replace(/x/g, () => String.fromCharCode(97 + Math.random() * 26)) },
    })
    const disk = join(folder, 'disk')
    await mkdir(disk)
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
    if (!mounted.ok) skip('Needs the right to mount a small file system')
    try {
      await refused(repo, join(disk, 'clone'), {
        message: expect.stringContaining('No space left'),
        code: 'disk-full',
        hint: expect.stringContaining('disk space'),
      })
      expect(existsSync(join(disk, 'clone'))).toBe(false)
    } finally {
      await run('umount', [disk])
    }
  })
})
