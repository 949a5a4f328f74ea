import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SalvagedWork } from '../../../main/core/merge/merge.ts'
import { deleteTaskRef } from '../../../main/git/repository/delete-task-ref.ts'
import { runAgent } from '../../support/claude/agent-script.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository, statusOf, subjectsOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

interface Row {
  readonly name: string
  readonly agent: string
  /** Subjects from the line's tip to the start's commit, which is left out; none when nothing merges. */
  readonly line: readonly string[]
  /** Subject of the commit at each further ref, by where it was found. */
  readonly also?: Readonly<Record<string, string>>
  readonly left?: SalvagedWork['left']
  readonly notes?: RegExp
  /** Files of the line's tree, all of them. */
  readonly files?: readonly string[]
  /** Those of them that are others than at the start. */
  readonly changed?: readonly string[]
}

const commit = (name: string) => `echo ${name} >${name}; git add -A; git commit -qm ${name}`
const wip = 'WIP: uncommitted work of task a1b2c3d4'
const start = ['README.md', 'dir/b', 'flake.nix']

const rows: readonly Row[] = [
  {
    name: 'a branch of the agent whose name is not ASCII and that goes on from the task’s',
    agent: `${commit('first')}; git switch -qc größe; ${commit('second')}`,
    line: ['second', 'first'],
    notes: /HEAD was on refs\/heads\/größe/,
  },
  {
    name: 'work on a branch of its own, and back on the task’s',
    agent: `b=$(git branch --show-current); git switch -qc feature/x; ${commit('work')}; git switch -q $b`,
    line: [],
    also: { 'branch feature/x': 'work' },
    notes:
      /Nothing is on the task's branch; work waits at refs\/tasks\/a1b2c3d4\.also\/[0-9a-f]{40}: branch feature\/x/,
  },
  {
    name: 'work on the task’s branch and on another one',
    agent: `${commit('one')}; git switch -qc other HEAD~1; ${commit('two')}; git switch -q -`,
    line: ['one'],
    also: { 'branch other': 'two' },
  },
  {
    name: 'HEAD on another branch than the task’s, both with commits',
    agent: `${commit('one')}; git switch -qc other HEAD~1; ${commit('two')}`,
    line: ['one'],
    also: { 'branch other': 'two' },
    notes: /both hold commits that the other lacks/,
  },
  {
    name: 'two stashes',
    agent: 'echo 1 >>README.md; git stash -q; echo 2 >>README.md; git stash -q',
    line: [],
    also: { stash: 'WIP on task-a1b2c3d4: START' },
  },
  {
    name: 'a stash of untracked files beside a commit',
    agent: `${commit('one')}; echo x >new; git stash -qu`,
    line: ['one'],
    also: { stash: 'WIP on task-a1b2c3d4: LINE' },
  },
  {
    name: 'a look at an old commit',
    agent: `${commit('one')}; ${commit('two')}; git checkout -q HEAD~1`,
    line: ['two', 'one'],
    notes: /HEAD was detached/,
  },
  {
    name: 'a bisection under way',
    agent: `${commit('one')}; ${commit('two')}; git bisect start HEAD HEAD~2`,
    line: ['two', 'one'],
    notes: /a bisection was under way/,
  },
  {
    name: 'a detached HEAD that went on',
    agent: `${commit('one')}; git checkout -q --detach; ${commit('two')}`,
    line: ['two', 'one'],
  },
  {
    name: 'an experiment that was taken back',
    agent: `${commit('experiment')}; git reset -q --hard HEAD~1`,
    line: [],
    also: { 'the reflog of HEAD': 'experiment' },
  },
  {
    name: 'a branch without history, with a commit',
    agent: `${commit('one')}; git checkout -q --orphan pages; git rm -rqf .; ${commit('page')}`,
    line: ['one'],
    also: { 'branch pages': 'page' },
    notes: /nothing in common with the task's start/,
  },
  {
    name: 'a branch without history, nothing committed there yet',
    agent: `${commit('one')}; git checkout -q --orphan pages; git rm -rqf .; echo page >page`,
    line: ['one'],
    also: { 'uncommitted files on branch pages': wip },
    files: [...start, 'one'],
  },
  {
    name: 'files that were not committed on another commit than the line’s',
    agent: `${commit('one')}; git checkout -q HEAD~1; echo more >more`,
    line: ['one'],
    also: { 'uncommitted files on the detached HEAD': wip },
    files: [...start, 'one'],
  },
  {
    name: 'a work tree outside of the clone',
    agent: `git worktree add -q ../wt -b fix; cd ../wt; ${commit('fix')}`,
    line: [],
    also: { 'branch fix': 'fix' },
  },
  {
    name: 'a work tree outside of the clone, its HEAD detached',
    agent: `git worktree add -q --detach ../wt; cd ../wt; ${commit('fix')}`,
    line: [],
    also: { 'linked work tree wt': 'fix' },
  },
  {
    name: 'a work tree of a helper inside the clone, with a commit and a file that is not committed',
    agent: `${commit('main-work')}; git worktree add -q .claude/worktrees/helper -b worktree-helper; cd .claude/worktrees/helper; ${commit('helper-work')}; echo x >draft`,
    line: ['main-work'],
    also: {
      'branch worktree-helper': 'helper-work',
      'uncommitted files of linked work tree helper': `${wip}, linked work tree helper`,
    },
    files: [...start, 'main-work'],
  },
  {
    name: 'a work tree in any folder of the clone, nothing changed in it',
    agent: `${commit('one')}; git worktree add -q dir/inner`,
    line: ['one'],
    files: [...start, 'one'],
  },
  {
    name: 'a helper’s work tree whose .git is gone',
    agent: `git worktree add -q .claude/worktrees/h; cd .claude/worktrees/h; echo x >draft; rm .git; rm -r ../../../.git/worktrees`,
    line: [],
    also: { 'uncommitted files of .claude/worktrees/h': `${wip}, .claude/worktrees/h` },
  },
  {
    name: 'a merge that stopped',
    agent: `b=$(git branch --show-current); git switch -qc x; echo X >README.md; git commit -qam x; git switch -q $b; echo Y >README.md; git commit -qam y; git merge -q x || true`,
    line: ['y'],
    also: { 'branch x': 'x', 'uncommitted files on branch task-a1b2c3d4, in the middle of a merge': wip },
    left: { operation: 'merge', files: ['README.md'] },
  },
  {
    name: 'a rebase that stopped for an edit',
    agent: `${commit('c1')}; ${commit('c2')}; ${commit('c3')}; GIT_SEQUENCE_EDITOR='sed -i 1s/pick/edit/' git rebase -q -i HEAD~3`,
    line: ['c3', 'c2', 'c1'],
    left: { operation: 'rebase', files: [] },
  },
  {
    name: 'a cherry-pick and a revert that stopped',
    agent: `git switch -qc x; echo X >README.md; git commit -qam x; git switch -q -; echo Y >README.md; git commit -qam y; git cherry-pick x || true`,
    line: ['y'],
    also: { 'branch x': 'x', 'uncommitted files on branch task-a1b2c3d4, in the middle of a cherry-pick': wip },
    left: { operation: 'cherry-pick', files: ['README.md'] },
  },
  {
    name: 'conflict markers in a commit',
    agent: `printf '<<<<<<< a\\n1\\n=======\\n2\\n>>>>>>> b\\n' >README.md; git commit -qam markers`,
    line: ['markers'],
    left: { operation: null, files: ['README.md'] },
  },
  {
    name: 'an annotated tag on a commit that merges, and one on a commit of its own',
    agent: `${commit('one')}; git tag -a v1 -m 'The first'; git checkout -q --detach HEAD~1; ${commit('two')}; git tag -am Second v2; git switch -q task-a1b2c3d4`,
    line: ['one'],
    also: { 'tag v1': 'one', 'tag v2': 'two' },
  },
  {
    name: 'notes',
    agent: `${commit('one')}; git notes add -m 'a note'`,
    line: ['one'],
    also: { 'notes commits': "Notes added by 'git notes add'" },
  },
  {
    name: 'refs in a namespace of the agent’s, packed',
    agent: `${commit('one')}; git update-ref refs/mine/x HEAD; git reset -q --hard HEAD~1; git reflog expire --expire=now --all; git pack-refs --all`,
    line: [],
    also: { 'refs/mine/x': 'one' },
  },
  {
    name: 'a sparse checkout of the agent’s',
    agent: `git sparse-checkout set --no-cone /README.md /flake.nix; echo more >>README.md; git commit -qam work`,
    line: ['work'],
    files: start,
  },
  {
    name: 'a sparse index',
    agent: `mkdir -p deep/er; ${commit('deep/er/file')}; git sparse-checkout set --cone --sparse-index dir; echo x >new`,
    line: [wip, 'deep/er/file'],
    files: [...start.slice(0, 2), 'deep/er/file', 'flake.nix', 'new'].sort(),
  },
  {
    name: 'files that git was told not to watch, gone and changed',
    agent: `git update-index --assume-unchanged dir/b; git update-index --skip-worktree README.md; rm dir/b README.md; echo x >new`,
    line: [wip],
    files: [...start, 'new'],
  },
  {
    name: 'a file that git was told not to watch, changed',
    agent: `git update-index --assume-unchanged README.md; echo mine >README.md`,
    line: [],
    also: { 'files that git was told not to watch': wip },
  },
  {
    name: 'a split index',
    agent: `git update-index --split-index; git update-index --assume-unchanged dir/b; rm dir/b; echo x >new`,
    line: [wip],
    files: [...start, 'new'],
  },
  {
    name: 'an index that a monitor of the agent’s looks after, which says nothing of what is gone and what has changed',
    agent: `printf '#!/bin/sh\nprintf "token\\0"\n' >.git/monitor; chmod +x .git/monitor; git config core.fsmonitor .git/monitor; git update-index --fsmonitor; git status >../status; rm dir/b; echo more >>README.md; echo x >new`,
    line: [wip],
    files: [...start, 'new'],
    changed: ['README.md', 'new'],
  },
  {
    name: 'an index with a monitor, and a commit that deletes a file',
    agent: `printf '#!/bin/sh\nprintf "token\\0"\n' >.git/monitor; chmod +x .git/monitor; git config core.fsmonitor .git/monitor; git update-index --fsmonitor; git rm -q dir/b; git commit -qm gone; rm flake.nix`,
    line: ['gone'],
    files: ['README.md', 'flake.nix'],
  },
  {
    name: 'an ignored file that was staged all the same',
    agent: `echo built >.gitignore; git add -A; git commit -qm ignore; echo x >built; git add -f built`,
    line: [wip, 'ignore'],
    files: ['.gitignore', ...start.slice(0, 1), 'built', ...start.slice(1)],
  },
  {
    name: 'an unmerged file that is gone from the work tree',
    agent: `git switch -qc x; echo X >README.md; git commit -qam x; git switch -q -; echo Y >README.md; git commit -qam y; git merge -q x || true; rm README.md .git/MERGE_HEAD`,
    line: ['y'],
    also: { 'branch x': 'x' },
    files: start,
  },
  {
    name: 'the .git folder moved aside, and a new one in its place',
    agent: `${commit('one')}; mv .git .git.bak; git init -q; git config user.name a; git config user.email a@b; ${'git add README.md'}; git commit -qm fresh`,
    line: [],
    also: {
      'branch task-a1b2c3d4 of .git.bak': 'one',
      'branch BRANCH': 'fresh',
      'uncommitted files on branch BRANCH': wip,
    },
    notes: /\.git\.bak is the clone's \.git/,
  },
  {
    name: 'the .git folder moved aside',
    agent: `${commit('one')}; mv .git .git.bak; echo x >new`,
    line: [wip, 'one'],
    files: [...start, 'new', 'one'],
  },
  {
    name: 'refs in the format reftable',
    agent: `${commit('one')}; mkdir .git/reftable; echo x >.git/reftable/tables.list; rm -r .git/refs/heads .git/logs; echo 'ref: refs/heads/.invalid' >.git/HEAD; echo new >new`,
    line: [],
    also: { 'the object store': 'one', 'uncommitted files on branch .invalid': wip },
    notes: /reftable/,
  },
  {
    name: 'work in names with line breaks',
    agent: `git switch -qc x; printf 1 >$'new\\nfile'; git add -A; git commit -qm lines`,
    line: ['lines'],
    files: ['README.md', 'dir/b', 'flake.nix', 'new\nfile'].sort(),
  },
]

describe('everything that an agent left comes back, and the line holds what its rule says', () => {
  for (const row of rows) {
    test(row.name, async () => {
      const folder = await temporaryFolder()
      const repo = join(folder, 'project')
      await makeRepository(repo, { files: { 'README.md': 'A project\n', 'dir/b': 'b\n' } })
      const task = await startTask(repo, folder)
      await runAgent(task.workspace, row.agent)
      const work = await task.salvage()
      const subjects = work.ref === null ? [] : await subjectsOf(repo, `${task.startCommit}..${work.ref}`)
      expect(subjects).toEqual(row.line)
      const short = (id: string) => gitIn(repo, ['rev-parse', '--short', id])
      const names = {
        START: `${await short(task.startCommit)} Start`,
        LINE: `${await short(work.commit)} ${row.line[0]}`,
        BRANCH: 'x',
      }
      const filled = (text: string) => text.replace(/START|LINE/, (name) => names[name as 'START' | 'LINE'])
      const found = await Promise.all(
        work.also.map(async ({ from, ref }) => [
          from.replace(/\bma(in|ster)$/, 'BRANCH'),
          await gitIn(repo, ['log', '-1', '--format=%s', ref]),
        ]),
      )
      const wanted = Object.entries(row.also ?? {}).map(([from, subject]) => [from, filled(subject)])
      for (const [from, subject] of wanted) expect(found).toContainEqual([from, subject])
      for (const [from = ''] of found.filter(
        ([from]) => !/^the reflog of|ORIG_HEAD|in progress|^branch BRANCH/.test(from ?? ''),
      ))
        expect(wanted.map(([one]) => one)).toContain(from)
      expect(work.left).toEqual(row.left ?? null)
      expect(work.notes.join('\n')).toMatch(row.notes ?? /^/)
      if (row.files) {
        const listed = await gitIn(repo, ['ls-tree', '-r', '-z', '--name-only', work.commit])
        expect(listed.split('\0').filter((name) => name !== '')).toEqual(row.files)
      }
      if (row.changed) expect(work.filesChanged).toEqual(row.changed)
      expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
      expect(await statusOf(repo)).toBe('')
      // A second time it says the same: the host may have had a crash.
      const again = await task.salvage()
      expect(again.also.map(({ ref }) => ref).sort()).toEqual(work.also.map(({ ref }) => ref).sort())
    })
  }
})

describe('refs beside the line are few, stay, and go with the task’s own', () => {
  const taskRefs = (repo: string) => gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])

  test('forty branches come back, by no more than 32 refs', async () => {
    const folder = await temporaryFolder()
    const repo = join(folder, 'project')
    await makeRepository(repo)
    const task = await startTask(repo, folder)
    await runAgent(
      task.workspace,
      'for n in $(seq 40); do git update-ref refs/heads/b$n $(git commit-tree HEAD^{tree} -p HEAD -m "commit $n"); done',
    )
    const all = (await gitIn(task.workspace, ['rev-list', '--all'])).split('\n')
    const work = await task.salvage()
    expect(work.also).toHaveLength(32)
    expect(work.also.at(-1)?.from).toMatch(/^9 more, joined: branch b/)
    const back = (await gitIn(repo, ['rev-list', '--all'])).split('\n')
    for (const id of all) expect(back).toContain(id)
  })

  test('they stay after a merge, and are deleted with the task’s ref alone', async () => {
    const folder = await temporaryFolder()
    const repo = join(folder, 'project')
    await makeRepository(repo)
    const task = await startTask(repo, folder)
    await runAgent(
      task.workspace,
      'echo 1 >one; git add -A; git commit -qm one; echo 2 >two; git add -A; git stash -q; git branch -f other HEAD~1',
    )
    expect(await task.merge()).toMatchObject({ kind: 'merged', commits: 1 })
    expect(await taskRefs(repo)).toMatch(/^refs\/tasks\/a1b2c3d4\.also\/[0-9a-f]{40}$/)
    await deleteTaskRef(repo, 'a1b2c3d4', { onlyAt: task.startCommit })
    expect(await taskRefs(repo)).not.toBe('')
    await deleteTaskRef(repo, 'a1b2c3d4')
    expect(await taskRefs(repo)).toBe('')
  })

  test('what an earlier run of the task left and its clone holds no more stays', async () => {
    const folder = await temporaryFolder()
    const repo = join(folder, 'project')
    await makeRepository(repo)
    const task = await startTask(repo, folder)
    await runAgent(task.workspace, 'echo 1 >one; git add -A; git commit -qm one')
    const { commit } = await task.salvage()
    await runAgent(
      task.workspace,
      'git reset -q --hard HEAD~1; git reflog expire --expire=now --all; rm -f .git/ORIG_HEAD; git gc -q --prune=now',
    )
    const work = await task.salvage()
    expect(work).toMatchObject({ ref: null, also: [{ commit, from: 'an earlier run of the task' }] })
    expect(await taskRefs(repo)).toBe(`refs/tasks/a1b2c3d4.also/${commit}`)
  })
})

test('a repository in a folder with a line break in its name has its tasks like any other', async () => {
  const folder = join(await temporaryFolder(), 'two\nlines')
  const repo = join(folder, 'pro\nject')
  await makeRepository(repo)
  const task = await startTask(repo, folder)
  await runAgent(task.workspace, 'echo 1 >one; git add -A; git commit -qm one; echo 2 >two')
  expect(await task.merge()).toMatchObject({ kind: 'merged', commits: 2 })
  expect(await subjectsOf(repo)).toEqual([wip, 'one', 'Start'])
})
