import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, chmod, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startTask } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A clone in which the guest has made one honest commit, and a file of the host's that no attack may make. */
async function victim(files: Record<string, string> = {}) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo, { files: { 'a.txt': 'one\n', ...files } })
  const task = await startTask(repo, folder)
  await commitFiles(task.workspace, { 'honest.txt': 'work\n' }, 'Honest')
  const marker = join(folder, 'fired')
  const fire = join(folder, 'fire.sh')
  await writeFile(fire, `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 })
  return { folder, repo, task, marker, fire, dotGit: join(task.workspace, '.git') }
}

const execute = promisify(execFile)

describe('a program that the guest plants in its clone is never run', () => {
  /** Plants it; the naive host's way, which must set it off; both with the same clone. */
  const attacks: {
    name: string
    plant: (clone: string, fire: string) => Promise<unknown>
    naive: (clone: string, repo: string) => Promise<unknown>
  }[] = [
    {
      name: 'fsmonitor in the config',
      plant: (clone, fire) => gitIn(clone, ['config', 'core.fsmonitor', fire]),
      naive: (clone) => gitIn(clone, ['status']),
    },
    {
      name: 'a clean filter, set off by attributes',
      plant: async (clone, fire) => {
        await gitIn(clone, ['config', 'filter.evil.clean', fire])
        await writeFiles(clone, { '.gitattributes': '* filter=evil\n', 'a.txt': 'changed\n' })
      },
      naive: (clone) => gitIn(clone, ['add', '--all']),
    },
    {
      name: 'a process filter named lfs',
      plant: async (clone, fire) => {
        await gitIn(clone, ['config', 'filter.lfs.process', fire])
        await gitIn(clone, ['config', 'filter.lfs.clean', fire])
        await writeFiles(clone, { '.gitattributes': '* filter=lfs\n', 'a.txt': 'changed\n' })
      },
      naive: (clone) => gitIn(clone, ['add', '--all']).catch(() => undefined),
    },
    {
      name: 'hooks in the folder for them',
      plant: async (clone, fire) => {
        await mkdir(join(clone, '.git/hooks'), { recursive: true })
        for (const hook of ['pre-commit', 'post-index-change', 'reference-transaction', 'post-commit']) {
          await writeFile(join(clone, '.git/hooks', hook), await readFile(fire), { mode: 0o755 })
        }
      },
      naive: (clone) => commitFiles(clone, { 'b.txt': '1' }).catch(() => undefined),
    },
    {
      name: 'hooks in a folder that the config names',
      plant: async (clone, fire) => {
        await writeFiles(clone, { 'hooks/post-index-change': await readFile(fire) })
        await chmod(join(clone, 'hooks/post-index-change'), 0o755)
        await gitIn(clone, ['config', 'core.hooksPath', join(clone, 'hooks')])
      },
      naive: (clone) => gitIn(clone, ['add', '--all']),
    },
    {
      name: 'an external diff',
      plant: async (clone, fire) => {
        await gitIn(clone, ['config', 'diff.external', fire])
        await writeFiles(clone, { 'a.txt': 'changed\n' })
      },
      naive: (clone) => gitIn(clone, ['diff']),
    },
    {
      name: 'a config that includes another',
      plant: async (clone, fire) => {
        await writeFiles(clone, { 'evil.config': `[core]\nfsmonitor = "${fire}"\n` })
        await gitIn(clone, ['config', 'include.path', join(clone, 'evil.config')])
      },
      naive: (clone) => gitIn(clone, ['status']),
    },
    {
      name: 'fsmonitor in a repository inside',
      plant: async (clone, fire) => {
        await makeRepository(join(clone, 'nested'))
        await gitIn(join(clone, 'nested'), ['config', 'core.fsmonitor', fire])
        await gitIn(clone, ['-c', 'advice.addEmbeddedRepo=false', 'add', 'nested'])
        await gitIn(clone, ['commit', '--quiet', '--message=Gitlink'])
        await writeFiles(clone, { 'nested/README.md': 'changed' })
      },
      naive: (clone) => gitIn(clone, ['status']),
    },
  ]

  for (const { name, plant, naive } of attacks) {
    test(name, async () => {
      const { repo, task, marker, fire } = await victim()
      await plant(task.workspace, fire)
      await rm(marker, { force: true }) // Planting may set it off, in the guest.
      expect(await task.merge()).toMatchObject({ kind: 'merged' })
      expect(existsSync(marker)).toBe(false)
      expect(await readFile(join(repo, 'honest.txt'), 'utf8')).toBe('work\n')
      await naive(task.workspace, repo)
      expect(existsSync(marker)).toBe(true)
    })
  }
})

describe('nothing from outside the clone is read', () => {
  /** Another repository of the host's user, with something in it that must not come out. */
  async function secretRepository(folder: string) {
    const secret = join(folder, 'secret')
    await makeRepository(secret, { files: { 'secret.txt': 'the secret of another repository\n' } })
    return {
      secret,
      commit: await gitIn(secret, ['rev-parse', 'HEAD']),
      blob: await gitIn(secret, ['rev-parse', 'HEAD:secret.txt']),
    }
  }
  const has = (repo: string, object: string) =>
    gitIn(repo, ['cat-file', '-e', object]).then(
      () => true,
      () => false,
    )

  const redirections: { name: string; plant: (dotGit: string, secret: string) => Promise<unknown> }[] = [
    {
      name: 'alternates',
      plant: (dotGit, secret) =>
        mkdir(join(dotGit, 'objects/info'), { recursive: true }).then(() =>
          writeFile(join(dotGit, 'objects/info/alternates'), `${secret}/.git/objects\n`),
        ),
    },
    {
      name: 'a symbolic link among the objects',
      plant: async (dotGit, secret) => {
        await gitIn(secret, ['repack', '-adq'])
        await rm(join(dotGit, 'objects/pack'), { recursive: true })
        await symlink(join(secret, '.git/objects/pack'), join(dotGit, 'objects/pack'))
      },
    },
    {
      name: 'objects that are a link',
      plant: async (dotGit, secret) => {
        await rename(join(dotGit, 'objects'), join(dotGit, 'old'))
        await symlink(join(secret, '.git/objects'), join(dotGit, 'objects'))
      },
    },
    {
      name: 'commondir',
      plant: (dotGit, secret) => writeFile(join(dotGit, 'commondir'), `${secret}/.git\n`),
    },
    {
      name: 'a .git that is a file',
      plant: async (dotGit, secret) => {
        await rm(dotGit, { recursive: true })
        await writeFile(dotGit, `gitdir: ${secret}/.git\n`)
      },
    },
    {
      name: 'a .git that is a link',
      plant: async (dotGit, secret) => {
        await rm(dotGit, { recursive: true })
        await symlink(join(secret, '.git'), dotGit)
      },
    },
  ]

  for (const { name, plant } of redirections) {
    test(`${name}: refused with the reason, and the files are saved all the same`, async () => {
      const { folder, repo, task, dotGit } = await victim()
      const { secret, commit, blob } = await secretRepository(folder)
      await plant(dotGit, secret)
      if (existsSync(join(dotGit, 'refs/heads'))) {
        await writeFile(join(dotGit, 'refs/heads/task-a1b2c3d4'), `${commit}\n`).catch(() => undefined)
      }
      const work = await task.salvage()
      expect(work.notes.join('\n')).toContain("The clone's history was not read")
      expect(await has(repo, blob)).toBe(false)
      expect(work).toMatchObject({ wip: true, commits: 0 })
      expect(await gitIn(repo, ['show', `${work.commit}:honest.txt`])).toBe('work')
      // The naive way brings the secret in.
      const naive = join(folder, 'naive')
      await gitIn(folder, ['clone', '--quiet', '--no-local', repo, naive])
      await gitIn(naive, ['-c', 'protocol.version=2', 'fetch', '--quiet', task.workspace, commit])
      expect(await has(naive, blob)).toBe(true)
    })
  }

  test('links in the work tree are saved as links, and folders behind them are not entered', async () => {
    const { folder, repo, task } = await victim({ 'dir/inside.txt': 'inside\n' })
    const outside = join(folder, 'outside')
    await writeFiles(outside, { 'inside.txt': 'a secret of the host\n', 'other.txt': 'another\n' })
    await rm(join(task.workspace, 'dir'), { recursive: true })
    await symlink(outside, join(task.workspace, 'dir'))
    await rm(join(task.workspace, 'a.txt'))
    await symlink('/etc/passwd', join(task.workspace, 'a.txt'))
    for (const name of ['.gitignore', '.gitattributes', '.mailmap']) {
      await symlink(join(outside, 'inside.txt'), join(task.workspace, name))
    }
    const work = await task.salvage()
    const tree = await gitIn(repo, ['ls-tree', '-r', work.commit])
    expect(tree).toMatch(/^120000 .*\ta\.txt$/m)
    expect(tree).toMatch(/^120000 .*\tdir$/m)
    expect(tree).not.toContain('dir/')
    expect(await gitIn(repo, ['show', `${work.commit}:dir`])).toBe(outside)
  })

  test('a file of Git LFS behind a link that replaced its folder does not bring what lies there', async () => {
    const { folder, repo, task } = await victim({ '.gitattributes': '*.bin filter=lfs\n', 'dir/x.bin': 'content\n' })
    const outside = join(folder, 'outside')
    await writeFiles(outside, { 'x.bin': 'a secret of the host\n' })
    await rm(join(task.workspace, 'dir'), { recursive: true })
    await symlink(outside, join(task.workspace, 'dir'))
    const work = await task.salvage()
    expect(existsSync(join(repo, '.git/lfs'))).toBe(false)
    expect(await gitIn(repo, ['ls-tree', '-r', '--name-only', work.commit])).not.toContain('x.bin')
  })

  test('a HEAD or branch that leads out of the clone is not followed', async () => {
    const { folder, task, dotGit } = await victim()
    const { commit } = await secretRepository(folder)
    const outside = join(folder, 'outside-ref')
    await writeFile(outside, `${commit}\n`)
    await writeFile(join(dotGit, 'HEAD'), 'ref: refs/heads/../../../../../outside-ref\n')
    expect((await task.salvage()).notes.join()).toContain('HEAD was missing or unreadable')
    await rm(join(dotGit, 'HEAD'))
    await symlink(outside, join(dotGit, 'HEAD'))
    const work = await task.salvage()
    expect(work.notes.join()).toContain('HEAD was missing or unreadable')
    expect(work.commits).toBe(1) // From the task's own branch.
  })

  test('Git LFS objects behind links, or with another content than their name says, stay out', async () => {
    const { folder, repo, dotGit, task } = await victim()
    const outside = join(folder, 'outside.txt')
    await writeFile(outside, 'a secret of the host\n')
    const id = (digit: string) => digit.repeat(64)
    await mkdir(join(dotGit, 'lfs/objects/aa/aa'), { recursive: true })
    await mkdir(join(dotGit, 'lfs/objects/bb/bb'), { recursive: true })
    await symlink(outside, join(dotGit, 'lfs/objects/aa/aa', id('a')))
    await writeFile(join(dotGit, 'lfs/objects/bb/bb', id('b')), 'not what it says')
    const pointer = (of: string) => `version https://git-lfs.github.com/spec/v1\noid sha256:${of}\nsize 20\n`
    await commitFiles(task.workspace, { 'a.bin': pointer(id('a')), 'b.bin': pointer(id('b')) })
    const work = await task.salvage()
    expect(work.notes.join()).toContain('1 Git LFS objects were left out')
    for (const digit of ['a', 'b']) {
      const folders = `${digit}${digit}/${digit}${digit}`
      expect(existsSync(join(repo, '.git/lfs/objects', folders, id(digit)))).toBe(false)
    }
  })
})

describe('whatever the guest leaves, its work is saved and the host goes on', () => {
  test('FIFOs, sockets, unreadable files and endless files, also where git would read them', {
    timeout: 20_000,
  }, async () => {
    const { repo, task, dotGit } = await victim({ 'tracked.txt': 't\n' })
    const clone = task.workspace
    await rm(join(clone, 'tracked.txt'))
    await mkdir(join(clone, 'sub/.git/refs'), { recursive: true })
    await mkdir(join(clone, 'sub/.git/objects'), { recursive: true })
    for (const path of ['tracked.txt', '.gitignore', 'sub/.gitattributes', 'sub/.git/HEAD', 'pipe']) {
      await execute('mkfifo', [join(clone, path)])
    }
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(clone, 'socket'), resolve))
    await writeFiles(clone, { 'sub/kept.txt': 'kept\n', closed: 'c', sparse: '', 'huge/.gitignore': '' })
    await chmod(join(clone, 'closed'), 0o000)
    await truncate(join(clone, 'sparse'), 100 * 1024 ** 4).catch(() => truncate(join(clone, 'sparse'), 15 * 1024 ** 4))
    await truncate(join(clone, 'huge/.gitignore'), 10 * 1024 ** 4)
    await writeFile(join(dotGit, 'index.lock'), '')
    await rm(join(dotGit, 'index'))
    await execute('mkfifo', [join(dotGit, 'index')])
    const work = await task.salvage()
    await new Promise((resolve) => server.close(resolve))
    expect(work.filesChanged).toEqual(['closed', 'honest.txt', 'sub/kept.txt', 'tracked.txt'])
    expect(work.notes.join('\n')).toContain('sparse was left out: larger than 2 GiB')
    expect(await gitIn(repo, ['cat-file', '-t', work.commit])).toBe('commit')
  })

  test('a FIFO among the objects is a refusal, not a wait', async () => {
    const { task, dotGit } = await victim()
    await execute('mkfifo', [join(dotGit, 'objects/pack/pack-1234.idx')])
    expect(await task.salvage()).toMatchObject({ wip: true, commits: 0 })
  })

  test('names that other systems take for .git are left out, the rest is saved', async () => {
    const { repo, task } = await victim()
    await writeFiles(task.workspace, {
      '.GIT/config': 'x',
      'd/git~1': 'x',
      'd/.git\u200c/hooks': 'x',
      'd/ok': 'x',
      '.git.d': 'x',
    })
    const work = await task.salvage()
    const names = await gitIn(repo, ['ls-tree', '-r', '-z', '--name-only', work.commit])
    expect(names.split('\0').filter((name) => /git/i.test(name))).toEqual(['.git.d'])
    expect(names).toContain('d/ok')
  })

  test('a .gitmodules that git refuses is left out of the branch, with what git said', async () => {
    const { repo, task } = await victim()
    await writeFiles(task.workspace, { '.gitmodules': '[submodule "../../x"]\npath = x\nurl = --upload-pack=touch\n' })
    const work = await task.salvage()
    expect(work.wip).toBe(false)
    expect(work.commits).toBe(1)
    expect(work.notes.join('\n')).toContain('The uncommitted files were refused')
    expect(await gitIn(repo, ['ls-tree', '-r', '--name-only', work.commit])).not.toContain('.gitmodules')
  })

  test('a .gitmodules that git refuses keeps no other file back, and nothing of it comes into the repository', async () => {
    const { repo, task } = await victim()
    const content = '[submodule "x"]\npath = x\nurl = --upload-pack=touch\n'
    await writeFiles(task.workspace, { '.gitmodules': content, 'uncommitted.txt': 'work\n' })
    const work = await task.salvage()
    expect(work).toMatchObject({ wip: true, commits: 1 })
    const names = await gitIn(repo, ['ls-tree', '-r', '--name-only', work.commit])
    expect(names).toContain('uncommitted.txt')
    expect(names).not.toContain('.gitmodules')
    const blob = await gitIn(task.workspace, ['hash-object', '.gitmodules'])
    await expect(gitIn(repo, ['cat-file', '-e', blob])).rejects.toThrow()
  })

  // What git looks into only when the objects are in place: they must not be there when it is asked again.
  test.each([
    ['an address that is an option', '.gitmodules', '[submodule "x"]\npath = x\nurl = --upload-pack=touch\n'],
    ['attributes that git does not read', '.gitattributes', `* ${'a'.repeat(3_000)}\n`],
    ['such attributes deep down', 'd/.gitattributes', `x ${'b'.repeat(3_000)}\n`],
  ])(
    'a commit with %s is refused however often it is tried, and keeps nothing else back',
    async (_what, path, content) => {
      const { repo, task } = await victim()
      const clone = task.workspace
      await commitFiles(clone, { [path]: content, 'with.txt': 'work\n' }, 'Evil')
      await gitIn(clone, ['branch', 'evil'])
      await commitFiles(clone, { 'after.txt': 'work\n' }, 'After')
      await writeFiles(clone, { 'uncommitted.txt': 'work\n' })
      const blob = await gitIn(clone, ['rev-parse', `evil:${path}`])
      for (const _time of ['first', 'second']) {
        const work = await task.salvage()
        const names = await gitIn(repo, ['ls-tree', '-r', '--name-only', work.commit])
        for (const name of ['honest.txt', 'with.txt', 'after.txt', 'uncommitted.txt']) expect(names).toContain(name)
        expect(names).not.toContain(path)
        await expect(gitIn(repo, ['cat-file', '-e', blob])).rejects.toThrow()
        expect(work.notes.join('\n')).toMatch(/The commit [0-9a-f]{12} of .* was refused: error: object/)
        await gitIn(repo, ['fsck', '--strict'])
      }
    },
  )

  test('links with the names of files that git reads are left out of what was not committed, and nothing else is', async () => {
    const { repo, task } = await victim()
    await mkdir(join(task.workspace, 'd'))
    await symlink('elsewhere', join(task.workspace, 'd/.gitmodules'))
    await writeFiles(task.workspace, { 'd/x.txt': 'work\n', 'GITMOD~1': '[submodule "x"]\npath = x\nurl = -u\n' })
    const work = await task.salvage()
    const names = (await gitIn(repo, ['ls-tree', '-r', '--name-only', work.commit])).split('\n')
    expect(names).toEqual(expect.arrayContaining(['honest.txt', 'd/x.txt']))
    expect(names).not.toEqual(expect.arrayContaining(['d/.gitmodules']))
    await gitIn(repo, ['fsck', '--strict'])
  })

  test('a commit with a path out of the work tree is refused, and what came before it is saved', async () => {
    const { repo, task } = await victim()
    const clone = task.workspace
    const blob = await gitIn(clone, ['rev-parse', 'HEAD:a.txt'])
    const file = join(task.state, 'tree')
    const entry = (mode: string, name: string) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')])
    await writeFile(file, entry('100644', '..'))
    const inner = await gitIn(clone, ['hash-object', '--literally', '-t', 'tree', '-w', file])
    await writeFile(file, Buffer.concat([Buffer.from('40000 x\0'), Buffer.from(inner, 'hex')]))
    const tree = await gitIn(clone, ['hash-object', '--literally', '-t', 'tree', '-w', file])
    const evil = await gitIn(clone, ['commit-tree', tree, '-p', 'HEAD', '-m', 'Evil'])
    const honest = await gitIn(clone, ['rev-parse', 'HEAD'])
    await gitIn(clone, ['update-ref', 'HEAD', evil])
    const work = await task.salvage()
    expect(work.notes.join('\n')).toContain('was refused')
    expect(work.commits).toBe(1)
    expect(await gitIn(repo, ['rev-list', work.commit])).toContain(honest)
    await expect(gitIn(repo, ['cat-file', '-e', evil])).rejects.toThrow()
  })

  test('a commit whose objects were half written is passed over for the one before', async () => {
    const { repo, task, dotGit } = await victim()
    const last = await commitFiles(task.workspace, { 'second.txt': '2\n' }, 'Second')
    const object = join(dotGit, 'objects', last.slice(0, 2), last.slice(2))
    await chmod(object, 0o644)
    await truncate(object, 0)
    const work = await task.salvage()
    expect(work).toMatchObject({ commits: 1, wip: true })
    expect(await gitIn(repo, ['show', `${work.commit}:second.txt`])).toBe('2')
    expect(await gitIn(repo, ['log', '-1', '--format=%s', `${work.commit}~1`])).toBe('Honest')
  })

  test('a missing HEAD, a corrupt one, a detached one and another branch', async () => {
    for (const change of [
      (clone: string) => rm(join(clone, '.git/HEAD')),
      (clone: string) => writeFile(join(clone, '.git/HEAD'), Buffer.alloc(100)),
      (clone: string) => gitIn(clone, ['checkout', '--quiet', '--detach']),
      (clone: string) => gitIn(clone, ['checkout', '--quiet', '-b', 'agents-own']),
      (clone: string) => gitIn(clone, ['checkout', '--quiet', 'HEAD~1']),
    ]) {
      const { task, repo } = await victim()
      await change(task.workspace)
      const work = await task.salvage()
      expect(work.commits).toBe(1)
      expect(work.notes).toHaveLength(1)
      expect(work.notes[0]).toContain('HEAD was')
      expect(await gitIn(repo, ['ls-tree', '-r', '--name-only', `${work.commit}`])).toContain('a.txt')
    }
  })

  test('a lying commit graph and index over packs are not believed', async () => {
    const { task, dotGit } = await victim()
    await mkdir(join(dotGit, 'objects/info'), { recursive: true })
    await writeFile(join(dotGit, 'objects/info/commit-graph'), Buffer.from('CGPH\x01\x01\x03\x00 lies'))
    await writeFile(join(dotGit, 'objects/pack/multi-pack-index'), Buffer.from('MIDX lies'))
    await writeFile(join(dotGit, 'shallow'), `${task.startCommit}\n`)
    await appendFile(join(dotGit, 'config'), '[extensions]\nobjectFormat = sha256\n')
    expect(await task.salvage()).toMatchObject({ commits: 1, wip: false, notes: [] })
  })

  test('a repository inside the clone gives its files, without its history', async () => {
    const { repo, task } = await victim({ '.gitignore': 'ignored\n' })
    await makeRepository(join(task.workspace, 'nested'), { files: { '.gitignore': 'own\n' } })
    await writeFiles(task.workspace, { 'nested/own': '1', 'nested/deep/x': '1' })
    const work = await task.salvage()
    expect(work.filesChanged).toContain('nested/deep/x')
    expect(work.filesChanged).not.toContain('nested/own')
    expect(work.notes.join()).toContain('nested is a repository of its own')
    expect(await gitIn(repo, ['ls-tree', '-r', work.commit])).not.toContain('160000')
  })

  test('a clone that is empty or gone says that nothing could be saved, or that nothing is left', async () => {
    const { task, repo } = await victim()
    await rm(task.workspace, { recursive: true })
    await expect(task.salvage()).rejects.toMatchObject({ code: 'salvage-failed' })
    await mkdir(task.workspace)
    const work = await task.salvage()
    expect(work.filesChanged).toEqual(['a.txt', 'flake.nix'])
    expect(await statusOf(repo)).toBe('')
  })
})

describe('what a commit may bring has limits, whatever its objects are', () => {
  test('a commit with a message of 2 MB is refused, and what it holds comes as files', async () => {
    const { repo, task } = await victim()
    const message = join(task.state, 'message')
    await writeFile(message, 'a'.repeat(2 * 1024 ** 2))
    await writeFiles(task.workspace, { 'x.txt': 'x' })
    await gitIn(task.workspace, ['add', '--all'])
    await gitIn(task.workspace, ['commit', '--quiet', '--file', message])
    const huge = await gitIn(task.workspace, ['rev-parse', 'HEAD'])
    const work = await task.salvage()
    expect(work.notes.join('\n')).toContain('a commit in it is larger than 1 MiB')
    expect(work).toMatchObject({ commits: 1, wip: true })
    expect(await gitIn(repo, ['show', `${work.commit}:x.txt`])).toBe('x')
    await expect(gitIn(repo, ['cat-file', '-e', huge])).rejects.toThrow()
  })

  test('a commit that brings .microvm in any spelling is refused, also with content from before the start', async () => {
    const { repo, task } = await victim({ 'dir/inside.txt': 'inside\n' })
    const clone = task.workspace
    const known = await gitIn(clone, ['rev-parse', 'HEAD:dir'])
    await gitIn(clone, ['read-tree', `--prefix=.MicroVM/`, known])
    await gitIn(clone, ['commit', '--quiet', '--message=Planted'])
    const planted = await gitIn(clone, ['rev-parse', 'HEAD'])
    const work = await task.salvage()
    expect(work.notes.join('\n')).toMatch(/was refused: it holds \.MicroVM, which some systems take for \.microvm/)
    expect(work.commits).toBe(1)
    await expect(gitIn(repo, ['cat-file', '-e', planted])).rejects.toThrow()
  })

  test('a repository that has a .microvm of its own in its commits keeps its tasks', async () => {
    const { task } = await victim({ '.microvm/mine.txt': 'tracked by the user\n' })
    expect(await task.salvage()).toMatchObject({ commits: 1, notes: [] })
  })

  test('objects of Git LFS that no commit points to stay out', async () => {
    const { repo, task, dotGit } = await victim()
    const content = 'kept by nobody\n'
    const { createHash } = await import('node:crypto')
    const id = createHash('sha256').update(content).digest('hex')
    const place = `lfs/objects/${id.slice(0, 2)}/${id.slice(2, 4)}`
    await mkdir(join(dotGit, place), { recursive: true })
    await writeFile(join(dotGit, place, id), content)
    await task.salvage()
    expect(existsSync(join(repo, '.git', place, id))).toBe(false)
    await commitFiles(task.workspace, {
      'a.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${id}\nsize ${content.length}\n`,
    })
    await task.salvage()
    expect(existsSync(join(repo, '.git', place, id))).toBe(true)
  })
})
