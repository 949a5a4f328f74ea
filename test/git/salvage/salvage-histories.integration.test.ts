import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runAgent } from '../../support/claude/agent-script.ts'
import { agentPrograms } from '../../support/claude/agent-steps.ts'
import { type GitTask, startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** `npm run test:salvage` asks for thousands. A difference is told with its seed: give it as MODEL_SEED to see it again. */
const steps = Number(process.env.MODEL_STEPS ?? 40)
const seed = Number(process.env.MODEL_SEED ?? 1)

test('whatever an agent does with git, every commit that its clone still knows comes back, and the line is as its rule says', {
  timeout: 4 * 3_600_000,
}, async () => {
  let taken = 0
  for (let run = 0; taken < steps; run++) {
    const property = fc.asyncProperty(agentPrograms(25), async (program) => {
      const folder = await temporaryFolder()
      const repo = join(folder, 'project')
      await makeRepository(repo, {
        files: { 'README.md': 'A project\n', 'dir/b': 'b\n', '.gitignore': 'ignored\n*.log\n' },
      })
      const task = await startTask(repo, folder)
      const seen = new Set<string>()
      for (const { script } of program) {
        await runAgent(task.workspace, `${script} || true`).catch(() => undefined)
        for (const id of await reachedIn(task.workspace)) seen.add(id)
        taken += 1
      }
      const known = new Set([...(await reachedIn(task.workspace)), ...(await reachedFromStateFiles(task.workspace))])
      const wanted = await wantedLine(task)
      const work = await task.salvage()

      const back = new Set((await gitIn(repo, ['rev-list', '--all', '--glob=refs/tasks/*'])).split('\n'))
      const lost = [...seen].filter((id) => known.has(id) && !back.has(id))
      expect(lost, `of ${program.map(({ name }) => name).join(', ')}`).toEqual([])
      const line =
        work.ref === null
          ? task.startCommit
          : work.wip
            ? await gitIn(repo, ['rev-parse', `${work.commit}^`])
            : work.commit
      const shown = { line, tree: work.wip ? await gitIn(repo, ['rev-parse', `${work.commit}^{tree}`]) : null }
      expect(shown, `of ${program.map(({ name }) => name).join(', ')}`).toEqual(wanted)
      expect(work.also.length).toBeLessThanOrEqual(32)
      expect(await gitIn(repo, ['fsck', '--connectivity-only', '--no-dangling'])).toBe('')
      expect(await gitIn(repo, ['status', '--porcelain'])).toBe('')
    })
    await fc.assert(property, { seed: seed + run, numRuns: 1, endOnFailure: true })
  }
  console.log(`salvage: ${taken} steps, seeds from ${seed}, nothing lost`)
})

/** What every ref and reflog of a clone reaches, as git itself says. */
async function reachedIn(clone: string): Promise<string[]> {
  const listed = await runAgent(clone, 'git rev-list --all --reflog 2>/dev/null || true')
  return listed.split('\n').filter((id) => id !== '')
}

/** What the files of operations under way name, found by a plain search. */
async function reachedFromStateFiles(clone: string): Promise<string[]> {
  const script = `
    ids=$(cat .git/*_HEAD .git/rebase-*/* .git/sequencer/* .git/worktrees/*/*_HEAD .git/worktrees/*/HEAD .git/worktrees/*/rebase-*/* 2>/dev/null |
      grep -oE '\\b[0-9a-f]{40}\\b' | sort -u)
    for id in $ids; do git rev-list $id 2>/dev/null || true; done`
  return (await runAgent(clone, script)).split('\n').filter((id) => id !== '')
}

/** The rule of the line in a few lines of shell, and the tree that a last commit of uncommitted files has; null where there is none. */
async function wantedLine({ workspace, startCommit }: GitTask): Promise<{ line: string; tree: string | null }> {
  const script = `
    start=${startCommit}
    head=$(git rev-parse -q --verify HEAD || true)
    branch=$(git rev-parse -q --verify refs/heads/task-a1b2c3d4 || true)
    beyond() { ! git merge-base --is-ancestor $1 $start; }
    related() { git merge-base $1 $start >/dev/null; }
    [ -n "$head" ] && ! related $head && usable= || usable=$head
    [ -n "$branch" ] && ! related $branch && branch=
    if [ -z "$usable" ]; then tip=$branch
    elif [ -z "$branch" ]; then tip=$usable
    elif git merge-base --is-ancestor $branch $usable; then tip=$usable
    elif ! beyond $usable && ! beyond $branch; then tip=$usable
    elif git merge-base --is-ancestor $usable $branch; then tip=$branch
    elif ! beyond $branch; then tip=$usable
    else tip=$branch; fi
    line=$start; [ -n "$tip" ] && beyond $tip && line=$tip
    tree=
    busy=$(ls -d .git/rebase-merge .git/rebase-apply .git/sequencer .git/MERGE_HEAD .git/CHERRY_PICK_HEAD .git/REVERT_HEAD 2>/dev/null || true)
    if [ -n "$head" ] && [ "$head" = "$tip" ] && [ -z "$busy" ]; then
      cp .git/index .git/index.probe
      export GIT_INDEX_FILE=$PWD/.git/index.probe
      git add -A -- . ':!inner' ':!.claude'
      tree=$(git write-tree)
      [ $tree = $(git rev-parse $head^{tree}) ] && tree= || line=$head
    fi
    echo "$line $tree"`
  const [line = '', tree = ''] = (await runAgent(workspace, script)).trim().split(' ')
  return { line, tree: tree === '' ? null : tree }
}
