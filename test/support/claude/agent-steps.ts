import fc from 'fast-check'

/** One thing that an agent does with git, as a line of shell; one that git refuses where the clone stands is no fault. */
export interface AgentStep {
  readonly name: string
  readonly script: string
}

const branches = ['one', 'two', 'größe', 'feature/x']
const files = ['README.md', 'dir/b', 'new', 'other file']

/** `n` makes contents and messages differ, so that no two commits are the same by accident. */
const makers: readonly ((n: number, branch: string, file: string) => AgentStep)[] = [
  (n, _, file) => ({
    name: 'commit',
    script: `mkdir -p dir; echo ${n} >>'${file}'; git add -A -- . ':!inner' ':!.claude'; git commit -qm c${n}`,
  }),
  (n, _, file) => ({ name: 'edit', script: `mkdir -p dir; echo edit ${n} >>'${file}'` }),
  (_, __, file) => ({ name: 'delete', script: `rm -f '${file}'` }),
  (n) => ({ name: 'ignored file', script: `echo ${n} >ignored; echo ${n} >new-ignored.log` }),
  (_, branch) => ({ name: 'branch', script: `git switch -qc '${branch}'` }),
  (_, branch) => ({ name: 'switch', script: `git switch -q '${branch}'` }),
  () => ({ name: 'back', script: 'git switch -q task-a1b2c3d4' }),
  () => ({ name: 'detach', script: 'git switch -q --detach' }),
  () => ({ name: 'old commit', script: 'git checkout -q HEAD~1' }),
  (n) => ({ name: 'stash', script: `echo stash ${n} >>README.md; git stash -q` }),
  () => ({ name: 'stash pop', script: 'git stash pop -q' }),
  (n) => ({ name: 'tag', script: `git tag t${n}` }),
  (n) => ({ name: 'annotated tag', script: `git tag -a a${n} -m 'tag ${n}'` }),
  (n) => ({ name: 'notes', script: `git notes add -f -m 'note ${n}'` }),
  (n, branch) => ({
    name: 'work tree outside',
    script: `git worktree add -q -f ../out-${n} '${branch}' && cd ../out-${n} && echo ${n} >>README.md && git commit -qam out${n}`,
  }),
  (n) => ({
    name: 'work tree inside',
    script: `git worktree add -q --detach inner/w${n} && cd inner/w${n} && echo ${n} >>README.md && git commit -qam in${n}`,
  }),
  (n) => ({
    name: 'work tree of a helper',
    script: `git worktree add -q -b helper${n} .claude/worktrees/h${n} && cd .claude/worktrees/h${n} && echo ${n} >>README.md && git commit -qam helper${n}; echo draft >draft`,
  }),
  (_, branch) => ({ name: 'rebase', script: `git rebase -q '${branch}'` }),
  () => ({ name: 'rebase that stops', script: `GIT_SEQUENCE_EDITOR='sed -i 1s/pick/edit/' git rebase -q -i HEAD~2` }),
  () => ({ name: 'rebase goes on', script: 'git -c core.editor=true rebase --continue' }),
  () => ({ name: 'rebase is given up', script: 'git rebase --abort' }),
  (_, branch) => ({ name: 'merge', script: `git merge -q --no-edit '${branch}'` }),
  () => ({ name: 'merge is given up', script: 'git merge --abort' }),
  (_, branch) => ({ name: 'cherry-pick', script: `git cherry-pick '${branch}'` }),
  () => ({ name: 'revert', script: 'git revert --no-edit HEAD' }),
  () => ({ name: 'sequence is given up', script: 'git cherry-pick --quit; git revert --quit' }),
  () => ({ name: 'hard reset', script: 'git reset -q --hard HEAD~1' }),
  () => ({ name: 'soft reset', script: 'git reset -q --soft HEAD~1' }),
  (n) => ({ name: 'amend', script: `git commit -q --amend -m amended${n}` }),
  (n) => ({ name: 'orphan', script: `git checkout -q --orphan orphan${n}` }),
  (_, branch) => ({ name: 'branch goes', script: `git branch -q -D '${branch}'` }),
  () => ({ name: 'packed refs', script: 'git pack-refs --all' }),
  () => ({ name: 'clean-up', script: 'git gc -q' }),
  () => ({ name: 'clean-up of everything', script: 'git reflog expire --expire=now --all; git gc -q --prune=now' }),
]

/** A program of so many steps at most. */
export const agentPrograms = (longest: number): fc.Arbitrary<readonly AgentStep[]> =>
  fc
    .array(fc.tuple(fc.nat(makers.length - 1), fc.constantFrom(...branches), fc.constantFrom(...files)), {
      minLength: 1,
      maxLength: longest,
      size: 'max',
    })
    .map((steps) =>
      steps.map(([maker, branch, file], n) => (makers[maker] as (typeof makers)[number])(n, branch, file)),
    )
