import { execFileSync } from 'node:child_process'
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { treeChanges } from '../../../main/git/changes/tree-changes.ts'
import type { GitOptions } from '../../../main/git/process/git.ts'
import { makePublishFolder } from '../../../main/git/publish/journal.ts'
import { onStaged, stageCheckout } from '../../../main/git/publish/stage-checkout.ts'
import { commitFiles, type Files, gitIn, makeRepository, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const first: Files = { 'a.txt': 'a\n', 'dir/b.txt': 'b\n', 'dir/c.txt': 'c\n', other: 'o\n', script: '#!/bin/sh\n' }

interface Case {
  readonly incoming: Files
  /** More that the commit brings. */
  readonly make?: (path: string) => Promise<unknown>
  readonly config?: readonly (readonly [string, string])[]
  /** Of the user, before the move, in the work tree at the first commit. */
  readonly before?: (path: string) => Promise<unknown>
  readonly objectFormat?: 'sha256'
  /** Whether git has to move the whole index. */
  readonly whole?: true
}

const cases: Readonly<Record<string, Case>> = {
  'files come, change and go': { incoming: { 'new/deep/n': 'n\n', 'a.txt': 'A\n', 'dir/b.txt': null } },
  'a file becomes a folder and a folder a file': {
    incoming: { other: null, 'other/in': '1\n', dir: null },
    make: (path) => writeFile(join(path, 'dir'), 'now a file\n'),
  },
  'links and programs': {
    incoming: { 'a.txt': null },
    make: async (path) => {
      await symlink('dir/b.txt', join(path, 'a.txt'))
      await symlink('/nowhere', join(path, 'lost'))
      await chmod(join(path, 'script'), 0o755)
    },
  },
  'a submodule': {
    whole: true,
    incoming: { 'a.txt': 'A\n' },
    make: async (path) => {
      const id = await gitIn(path, ['rev-parse', 'HEAD'])
      await gitIn(path, ['update-index', '--add', '--cacheinfo', `160000,${id},inner`])
      await mkdir(join(path, 'inner'))
    },
  },
  'line ends by attributes that come with them': {
    incoming: {
      '.gitattributes': '*.txt text eol=crlf\n',
      'dir/.gitattributes': 'b.txt -text\n',
      'dir/b.txt': 'B\n',
      'n.txt': '1\n',
    },
  },
  'line ends by the settings': { incoming: { 'a.txt': 'A\nB\n' }, config: [['core.autocrlf', 'true']] },
  'an encoding': {
    incoming: { '.gitattributes': 'a.txt working-tree-encoding=UTF-16LE\n', 'a.txt': Buffer.from('wide\n', 'utf16le') },
  },
  'names of odd bytes': { incoming: { 'a\nb': '1', '"q"': '2', '-rf': '3', ':(top)x': '4', 'bücher/é': '5' } },
  'names of odd length in an index of version 4': {
    incoming: { 'dir/b.txtt': '1', 'dir/bb': '2' },
    config: [['index.version', '4']],
  },
  'SHA-256': { incoming: { 'a.txt': 'A\n', 'new/n': '1' }, objectFormat: 'sha256' },
  'something staged elsewhere': {
    incoming: { 'a.txt': 'A\n' },
    before: async (path) => {
      await writeFiles(path, { other: 'staged\n', added: '1' })
      await gitIn(path, ['add', 'other', 'added'])
    },
  },
  'entries that git was told not to look at': {
    incoming: { 'a.txt': 'A\n' },
    before: async (path) => {
      await gitIn(path, ['update-index', '--assume-unchanged', 'other'])
      await gitIn(path, ['update-index', '--skip-worktree', 'script'])
    },
  },
  'an index in two parts': {
    whole: true,
    incoming: { 'a.txt': 'A\n' },
    before: (path) => gitIn(path, ['update-index', '--split-index']),
  },
  'an untracked cache': {
    incoming: { 'a.txt': 'A\n', n: '1' },
    before: (path) => gitIn(path, ['update-index', '--force-untracked-cache']),
  },
  'a sparse checkout': {
    whole: true,
    incoming: { 'a.txt': 'A\n', 'dir/b.txt': 'B\n', 'far/n': '1' },
    before: (path) => gitIn(path, ['sparse-checkout', 'set', '--cone', 'dir']),
  },
  'a sparse index': {
    whole: true,
    incoming: { 'a.txt': 'A\n', 'dir/b.txt': 'B\n', 'far/n': '1' },
    before: (path) => gitIn(path, ['sparse-checkout', 'set', '--cone', '--sparse-index', 'far']),
  },
  'a staged file, deleted since, where a folder comes': {
    whole: true,
    incoming: { 'fresh/in': '1' },
    before: async (path) => {
      await writeFiles(path, { fresh: 'only staged' })
      await gitIn(path, ['add', 'fresh'])
      await writeFiles(path, { fresh: null })
    },
  },
  'staged files, deleted since, where a file comes': {
    whole: true,
    incoming: { fresh: '1' },
    before: async (path) => {
      await writeFiles(path, { 'fresh/in': 'only staged' })
      await gitIn(path, ['add', 'fresh'])
      await writeFiles(path, { fresh: null })
    },
  },
  'a merge that waits elsewhere': {
    whole: true,
    incoming: { 'a.txt': 'A\n' },
    before: async (path) => {
      const id = await gitIn(path, ['rev-parse', 'HEAD:a.txt'])
      const input = `0 ${'0'.repeat(id.length)}\tother\n100644 ${id} 1\tother\n100644 ${id} 2\tother\n`
      execFileSync('git', ['update-index', '--index-info'], { cwd: path, input })
    },
  },
}

test.for(Object.entries(cases))(
  '%s: staged as by a move of the whole index',
  async ([, { incoming, make, config = [], before, objectFormat, whole }]) => {
    const path = join(await temporaryFolder(), 'project')
    const from = await makeRepository(path, { files: first, ...(objectFormat && { objectFormat }) })
    await writeFiles(path, incoming)
    await make?.(path)
    const to = await commitFiles(path, {})
    await gitIn(path, ['reset', '--hard', '--quiet', from])
    for (const [name, value] of config) await gitIn(path, ['config', name, value])
    if (config.some(([name]) => name === 'index.version')) await gitIn(path, ['update-index', '--index-version', '4'])
    await before?.(path)
    const user: GitOptions = { cwd: path, trust: 'user' }
    const gitDirectory = join(path, '.git')
    const checkout = { path, gitDirectory }
    const changes = await treeChanges(user, from, to)
    const stage = async (stands: boolean) => {
      const folder = await makePublishFolder(gitDirectory)
      const options = onStaged(user, checkout, folder)
      const said = await stageCheckout(options, {
        ...{ checkout, folder, to, changes },
        // No commit from which the whole could be moved shows that it was not.
        from: stands && !whole ? 'none' : from,
        objectFormat: objectFormat ?? 'sha1',
        index: join(gitDirectory, 'index'),
        stands: Promise.resolve(stands),
      })
      const entries = await gitIn(path, ['ls-files', '-z', '--stage', '-v'], { GIT_INDEX_FILE: folder.index })
      return { said, entries, files: await filesIn(folder.staged) }
    }
    const alone = await stage(true)
    expect(alone).toEqual(await stage(false))
  },
)

/** What each file is, by its path. */
async function filesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const { mode } = await lstat(path)
    const content = entry.isFile() ? await readFile(path, 'latin1') : entry.isSymbolicLink() ? await readlink(path) : ''
    found[path.slice(folder.length)] = `${mode.toString(8)} ${content}`
  }
  return found
}
