import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runAgent } from '../../support/claude/agent-script.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** git refuses a commit with such a `.gitmodules`, or with such a `.gitattributes`. */
const evilModules = String.raw`printf '[submodule "x"]\npath = x\nurl = --upload-pack=touch\n' >.gitmodules`
const evilAttributes = `printf '* %03000d\\n' 0 >.gitattributes`

async function salvageAfter(agent: string) {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo, { files: { 'README.md': 'A project\n', 'dir/b': 'b\n' } })
  const task = await startTask(repo, folder)
  await runAgent(task.workspace, agent)
  const work = await task.salvage()
  const show = (commit: string, path: string) => gitIn(repo, ['cat-file', 'blob', `${commit}:${path}`])
  const list = async (commit: string) => (await gitIn(repo, ['ls-tree', '-r', '--name-only', commit])).split('\n')
  return { repo, task, work, notes: work.notes.join('\n'), show, list }
}

describe('files that git was told not to watch', () => {
  const changed = 'git update-index --assume-unchanged README.md; echo mine >README.md'
  const where = 'files that git was told not to watch'

  test.each([
    ['whose other files git refuses for one of them', `${changed}; ${evilModules}; echo x >new`, ['new']],
    ['whose other files git refuses in all', `${changed}; ${evilModules}`, []],
    [
      'that skip-worktree names, beside a refused file',
      `${changed.replace('assume-unchanged', 'skip-worktree')}; ${evilModules}`,
      [],
    ],
  ])('are kept in a work tree %s', async (_what, agent, line) => {
    const { work, show, list } = await salvageAfter(agent)
    const kept = work.also.find(({ from }) => from === where)
    expect(kept).toBeDefined()
    expect(await show(kept?.commit ?? '', 'README.md')).toBe('mine')
    expect(await list(kept?.commit ?? '')).toEqual(['README.md', 'dir/b', 'flake.nix'])
    if (work.ref !== null) expect(await list(work.commit)).toEqual(expect.arrayContaining(line))
    expect(work.unsaved).toBe(true)
  })

  test('are kept but for the one that git refuses, which the clone alone has', async () => {
    const { work, show, list, notes } = await salvageAfter(
      `: >.gitattributes; git add -A; git commit -qm attributes; git update-index --assume-unchanged .gitattributes; ${changed}; ${evilAttributes}`,
    )
    const kept = work.also.find(({ from }) => from === where)
    expect(await show(kept?.commit ?? '', 'README.md')).toBe('mine')
    expect(await list(kept?.commit ?? '')).toContain('.gitattributes')
    expect(await show(kept?.commit ?? '', '.gitattributes')).toBe('')
    expect(work.unsaved).toBe(true)
    expect(notes).toMatch(/\.gitattributes.*only in the clone/)
  })
})

describe('a file that cannot be saved as it should be', () => {
  test('keeps no other file back when its encoding is not what an attribute says, and is saved byte for byte', async () => {
    const { work, show } = await salvageAfter(
      `echo '*.txt working-tree-encoding=UTF-16' >.gitattributes; printf 'no mark' >x.txt; echo y >y; printf 'line\\n' >'new
line.txt'`,
    )
    expect(work.wip).toBe(true)
    expect(await show(work.commit, 'x.txt')).toBe('no mark')
    expect(await show(work.commit, 'y')).toBe('y')
    expect(await show(work.commit, 'new\nline.txt')).toBe('line')
    expect(work.unsaved).toBeUndefined()
  })

  test('is saved under another name when it is a list of patterns that git would read whole', async () => {
    const { work, notes } = await salvageAfter(
      `echo mine >.gitignore.too-large; head -c 11000000 /dev/zero | tr '\\0' '#' >.gitignore; sha1sum <.gitignore`,
    )
    expect(work.filesChanged).toEqual(['.gitignore.too-large', '.gitignore.too-large-2'])
    expect(work.unsaved).toBeUndefined()
    expect(notes).toMatch(/\.gitignore is too large for its kind: saved as \.gitignore\.too-large-2/)
  })

  test('is said to be in the clone alone, and named, when git refuses it', async () => {
    const { work, notes } = await salvageAfter(`${evilModules}; echo x >new`)
    expect(work).toMatchObject({ wip: true, unsaved: true })
    expect(notes).toMatch(/\.gitmodules.*only in the clone/)
  })

  test('is said to be in the clone alone when its name is one that no commit may have', async () => {
    const { work } = await salvageAfter('mkdir .MicroVM; echo x >.MicroVM/file')
    expect(work).toMatchObject({ ref: null, unsaved: true })
  })
})

test('a file that git refuses keeps nothing back of what was joined into one commit with it', async () => {
  const trees = Array.from({ length: 34 }, (_, n) => `git worktree add -q --detach wt/${n} && echo ${n} >wt/${n}/draft`)
  const { repo, work } = await salvageAfter(
    `${trees.join('; ')}; for n in 7 8 9 33; do (cd wt/$n; ${evilModules}); done`,
  )
  const all = (await gitIn(repo, ['rev-list', '--all'])).split('\n')
  const drafts = await Promise.all(
    all.map((commit) => gitIn(repo, ['cat-file', 'blob', `${commit}:draft`]).catch(() => null)),
  )
  expect(new Set(drafts.filter((draft) => draft !== null)).size).toBe(34)
  expect(work.unsaved).toBe(true)
})

test('work of which all is saved is not said to be in the clone alone, the second time either', async () => {
  const { task, work } = await salvageAfter('echo 1 >one; git add -A; git commit -qm one; echo 2 >two; git stash -qu')
  expect(work.unsaved).toBeUndefined()
  expect((await task.salvage()).unsaved).toBeUndefined()
})
