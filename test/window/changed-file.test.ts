import { chmod, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listChanges } from '../../main/git/changes/list-changes.ts'
import { readDiff } from '../../main/git/changes/read-diff.ts'
import { changedFile } from '../../main/window/changed-file.ts'
import { commitFiles, gitIn, makeRepository } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const submodule = 'https://example.org/lib.git'

/** Everything that merges and is no line of an ordinary file. */
async function oddities() {
  const repoPath = await temporaryFolder()
  const moduleFile = (url: string) => `[submodule "lib"]\n\tpath = lib\n\turl = ${url}\n`
  const setLink = (commit: string) => gitIn(repoPath, ['update-index', '--add', '--cacheinfo', `160000,${commit},lib`])
  await makeRepository(repoPath, {
    files: { 'run.sh': 'x\n', 'file.txt': 'y\n', '.gitmodules': moduleFile(submodule) },
  })
  await setLink('1'.repeat(40))
  await gitIn(repoPath, ['commit', '--quiet', '--message=start'])
  const from = await gitIn(repoPath, ['rev-parse', 'HEAD'])
  await chmod(join(repoPath, 'run.sh'), 0o755)
  await symlink('../../.ssh/id_ed25519', join(repoPath, 'link'))
  await commitFiles(repoPath, {
    '.gitmodules': moduleFile('https://evil.example/lib.git'),
    empty: '',
    'picture.bin': new Uint8Array([0, 1, 2]),
    'admin\u202etxt.js': 'if (a) { //\u2066 }\n',
    'admin⟪U+202E⟫txt.js': 'harmless\n',
  })
  await setLink('2'.repeat(40))
  const to = await gitIn(repoPath, ['commit', '--quiet', '--message=end']).then(() =>
    gitIn(repoPath, ['rev-parse', 'HEAD']),
  )
  const range = { repoPath, from, to }
  const changes = await listChanges(range)
  const diff = async (path: string) => {
    const change = changes.find((candidate) => candidate.path === path)
    if (!change) throw new Error(`${path} is none of ${changes.map((one) => one.path)}`)
    return await readDiff(range, change)
  }
  return { files: changes.map(changedFile), diff }
}

test('modes, links, submodules and empty files are listed as what they are', async () => {
  const { files, diff } = await oddities()
  const listed = files.map(({ path, status, mode, binary }) => [path, status, mode, binary])
  expect(listed).toEqual([
    ['.gitmodules', 'modified', undefined, false],
    ['admin⟪U+202E⟫txt.js', 'added', undefined, false],
    ['admin⟪U+27EA⟫U+202E⟫txt.js', 'added', undefined, false],
    ['empty', 'added', undefined, false],
    ['lib', 'modified', 'submodule', false],
    ['link', 'added', 'link', false],
    ['picture.bin', 'added', undefined, true],
    ['run.sh', 'modified', 'mode 644 → 755', false],
  ])
  const linesOf = async (path: string) => {
    const shown = await diff(path)
    return shown.kind === 'text'
      ? shown.hunks.flatMap(({ lines }) => lines.map(({ kind, text }) => kind + text))
      : shown
  }
  expect(await linesOf('link')).toEqual(['+../../.ssh/id_ed25519'])
  expect(await linesOf('lib')).toEqual([`-Subproject commit ${'1'.repeat(40)}`, `+Subproject commit ${'2'.repeat(40)}`])
  expect(await linesOf('.gitmodules')).toContain('+\turl = https://evil.example/lib.git')
  expect(await linesOf('empty')).toEqual([])
  expect(await linesOf('picture.bin')).toMatchObject({ kind: 'binary', newBytes: 3 })
})

test('a name that is written like a marked one shows its own lines, and a file with hidden characters says so', async () => {
  const { diff } = await oddities()
  expect(await diff('admin⟪U+202E⟫txt.js')).toMatchObject({
    hidden: true,
    hunks: [{ lines: [{ text: 'if (a) { //⟪U+2066⟫ }' }] }],
  })
  expect(await diff('admin⟪U+27EA⟫U+202E⟫txt.js')).not.toHaveProperty('hidden')
})
