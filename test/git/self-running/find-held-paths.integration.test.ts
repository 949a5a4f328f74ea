import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { findHeldPaths } from '../../../main/git/self-running/find-held-paths.ts'
import { commitMany } from '../../support/git/commit-many.ts'
import { commitFiles, type Files, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

interface Case {
  readonly before?: Files
  readonly after: Files
  /** Path to target. */
  readonly links?: Readonly<Record<string, string>>
  readonly linksBefore?: Readonly<Record<string, string>>
  readonly edits?: readonly string[]
}

async function heldBy({ before = {}, after, links = {}, linksBefore = {}, edits = [] }: Case) {
  const repo = await temporaryFolder()
  await makeRepository(repo)
  const link = async (all: Readonly<Record<string, string>>) => {
    for (const [path, target] of Object.entries(all)) {
      await mkdir(dirname(join(repo, path)), { recursive: true })
      await symlink(target, join(repo, path))
    }
  }
  await link(linksBefore)
  const from = await commitFiles(repo, { 'start.txt': 'start\n', ...before }, 'Before')
  await link(links)
  const to = await commitFiles(repo, { 'work.txt': 'work\n', ...after }, 'After')
  return (await findHeldPaths({ repoPath: repo, from, to }, edits)).files
}

test('of what a task changed, names that run by themselves are held in every folder and every spelling, and no others', async () => {
  const held = {
    ...{
      '.envrc': 'x',
      'app/.envrc': 'x',
      '.ENVRC.d/.EnvRC': 'x',
      '.vs\u200ccode/tasks.json': 'x',
      'line\nbreak/.envrc': 'x',
    },
    ...{
      '.Claude/settings.json': 'x',
      '.claude/hooks/a.sh': 'x',
      '.mcp.json': 'x',
      '.lfsconfig': 'x',
      '.gitmodules': '',
    },
    ...{ 'packages/a/.husky/pre-commit': 'x', '.idea/a.xml': 'x', 'my.code-workspace': '{}', 'lefthook.yml': 'x' },
    ...{ '.devcontainer/devcontainer.json': '{}', '.pre-commit-config.yaml': 'x', 'mise.local.toml': 'x' },
  }
  const free = {
    ...{ 'CLAUDE.md': 'x', envrc: 'x', 'docs/vscode/tasks.json': 'x', 'package.json': '{}', 'a.envrc': 'x' },
    ...{ '.github/workflows/ci.yml': 'x', '.gitignore': 'x', 'src/.envrc.md': 'x' },
  }
  const shown = Object.keys(held).map((path) => path.replace('\u200c', '⟪U+200C⟫').replace('\n', '⟪U+000A⟫'))
  expect((await heldBy({ after: { ...held, ...free } })).toSorted()).toEqual(shown.toSorted())
})

test('deleting or changing such a file counts, one that stays as it was does not', async () => {
  const before = { '.envrc': 'a', '.mcp.json': 'a', '.claude/settings.json': 'a' }
  expect(await heldBy({ before, after: { '.envrc': null, '.mcp.json': 'b' } })).toEqual(['.envrc', '.mcp.json'])
})

test('a setting adds paths and takes others out, the last that matches counts', async () => {
  const after = {
    '.vscode/settings.json': 'x',
    '.vscode/tasks.json': 'x',
    'deploy/a/b.sh': 'x',
    'app/deploy/c.sh': 'x',
    'flake.nix': '{ }',
  }
  expect(await heldBy({ after, edits: ['!.vscode/', '/deploy/**', 'FLAKE.nix', '.vscode/tasks.json'] })).toEqual([
    '.vscode/tasks.json',
    'deploy/a/b.sh',
    'flake.nix',
  ])
  expect(await heldBy({ after, edits: ['!**'] })).toEqual([])
})

test('links: a new one under such a name is held, and so is what an old one leads to', async () => {
  expect(
    await heldBy({ after: { 'conf/tasks.json': 'x' }, links: { '.vscode': 'conf', 'docs/other': '../conf' } }),
  ).toEqual(['.vscode', 'conf/tasks.json'])
  const linksBefore = {
    '.vscode': 'alias/vs',
    alias: 'conf',
    '.envrc': './env/rc',
    'sub/.claude': '../agents',
    '.idea': '/etc',
    '.zed': '../out',
  }
  const after = {
    'conf/vs/tasks.json': 'x',
    'conf/other': 'x',
    'env/rc': 'x',
    'agents/hooks/a': 'x',
    'etc/x': 'x',
    out: 'x',
  }
  expect(await heldBy({ linksBefore, after })).toEqual(['agents/hooks/a', 'conf/vs/tasks.json', 'env/rc'])
})

test.each<[string, string | null, string | null, string[]]>([
  ['line endings', null, '* text=auto eol=lf\n*.png binary\n*.py diff=python\n*.lock merge=union -diff\n', []],
  ['a filter', null, '*.bin filter=lfs diff=lfs merge=lfs -text\n', ['.gitattributes']],
  ['a filter for more files', '*.bin filter=lfs\n', '*.bin filter=lfs\n*.sh filter=lfs\n', ['.gitattributes']],
  ['a filter that was off for some files', '* filter=lfs\n*.sh -filter\n', '* filter=lfs\n', ['.gitattributes']],
  ['the order', '* filter=lfs\n*.sh -filter\n', '*.sh -filter\n* filter=lfs\n', ['.gitattributes']],
  ['a driver to compare', '* text\n', '* text\n*.doc diff=word\n', ['.gitattributes']],
  ['a driver to merge', '', '"a b" merge=mine\n', ['.gitattributes']],
  ['a macro', '', '[attr]mine filter=x\r\n*.sh mine\r\n', ['.gitattributes']],
  ['a file under a macro', '[attr]mine filter=x\n', '[attr]mine filter=x\n*.sh mine\n', ['.gitattributes']],
  ['text beside a filter', '*.bin filter=lfs\n', '*.bin filter=lfs\n*.sh eol=lf\n# filter=x\n', []],
  ['too much to read', '', '# \n'.repeat(200_000), ['.gitattributes']],
])('attributes: %s', async (_what, before, after, held) => {
  const files = (text: string | null): Files => (text === null ? {} : { '.gitattributes': text })
  expect(await heldBy({ before: files(before), after: files(after) })).toEqual(held)
})

test('attributes below: a macro of the root counts, and a spelling of the name', async () => {
  const before = { '.gitattributes': '[attr]mine filter=x\n' }
  const after = {
    'a/.gitattributes': '*.sh mine\n',
    'b/.GitAttributes': '* filter=x\n',
    'c/.gitattributes': '* eol=lf\n',
  }
  expect(await heldBy({ before, after })).toEqual(['a/.gitattributes', 'b/.GitAttributes'])
})

test('work that changes nothing holds nothing', async () => {
  const repo = await temporaryFolder()
  await makeRepository(repo)
  await writeFile(join(repo, '.envrc'), 'x')
  const from = await gitIn(repo, ['rev-parse', 'HEAD'])
  expect(await findHeldPaths({ repoPath: repo, from, to: from }, [])).toEqual({ files: [] })
})

test.each([
  ['10,000 names', 10_000, (n: number) => `.vscode/${n}.json`, 200],
  [
    'names of 4,000 bytes',
    1_000,
    (n: number) => `.vscode/${n}/${Array.from({ length: 19 }, () => 'x'.repeat(208)).join('/')}`,
    4,
  ],
])('of %s that are held some are named, and all are counted', async (_what, count, name, named) => {
  const repo = await temporaryFolder()
  await makeRepository(repo)
  const from = await gitIn(repo, ['rev-parse', 'HEAD'])
  const to = await commitMany(
    repo,
    Array.from({ length: count }, (_, n) => name(n)),
    'x\n',
  )
  const held = await findHeldPaths({ repoPath: repo, from, to }, [])
  expect(held.files).toHaveLength(named)
  expect(held.more).toBe(count - named)
})

test('more attribute files than are read are held unread', async () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`d${n}/.gitattributes`, '* text=auto\n']))
  expect(await heldBy({ after: many })).toHaveLength(50)
})
