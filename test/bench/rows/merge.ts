import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mergeWork } from '../../../main/git/merge/merge-work.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { type Bench, inPairs, timed } from '../measure.ts'

const taskId = 'a1b2c3d4'
const taskCommits = 10
const userCommits = 50

export const merge: Bench = {
  name: 'merge',
  about: "a task's ten commits onto a branch that moved, against git rebase in a ready worktree",
  async measure({ folder, quick, signal, say }) {
    const files = quick ? 2000 : 20_000
    const repository = join(folder, 'repository')
    const peer = join(folder, 'peer')
    say(`making a repository with ${files} files`)
    await makeRepository(repository, { files: {} })
    for (let index = 0; index < files; index++) {
      const sub = join(repository, 'source', String(index % 100))
      if (index < 100) await mkdir(sub, { recursive: true })
      await writeFile(join(sub, `file-${index}.txt`), `File ${index}\n`)
    }
    await gitIn(repository, ['add', '--all'])
    await gitIn(repository, ['commit', '--quiet', '--message', 'Files'])
    const startCommit = await gitIn(repository, ['rev-parse', 'HEAD'])
    const work = await commitMany(repository, taskCommits, 'task')
    await gitIn(repository, ['reset', '--hard', '--quiet', startCommit])
    const moved = await commitMany(repository, userCommits, 'user')
    await gitIn(repository, ['worktree', 'add', '--quiet', '--detach', peer, work])

    const ours = async () => {
      await gitIn(repository, ['reset', '--hard', '--quiet', moved])
      await gitIn(repository, ['update-ref', `refs/tasks/${taskId}`, work])
      return await timed(async () => {
        const request = { repoPath: repository, taskId, startCommit, branch: 'main', commit: work }
        const outcome = await mergeWork(request, signal)
        if (outcome.kind !== 'merged' || outcome.commits !== taskCommits) throw new Error(JSON.stringify(outcome))
      })
    }
    const theirs = async () => {
      await gitIn(peer, ['checkout', '--quiet', '--detach', work])
      return await timed(() => gitIn(peer, ['rebase', '--quiet', moved]))
    }
    say('merging and rebasing')
    const measured = await inPairs(quick ? 2 : 9, ours, theirs)
    const [tree, peerTree] = [await treeOf(repository), await treeOf(peer)]
    if (tree !== peerTree) throw new Error(`The merge made ${tree}, git rebase made ${peerTree}`)
    return [
      {
        what: `merge, ${taskCommits} commits, branch moved by ${userCommits}, ${files} files`,
        unit: 'ms',
        ours: measured.ours,
        against: { what: 'git rebase in a ready worktree', values: measured.theirs },
        goal: { kind: 'ratio', atMost: 0.5 },
        notes: ["Ours includes publishing the result in the user's work tree; the rebase ends before that."],
        unreached:
          'of what is left, about a quarter is the merging itself, ten commits of which each has three trees read and two written, and the rest ten starts of git, most of which need the answer of the one before. The whole `read-tree`, which looked whether it has each file of the folders that change, is gone where plain files come into a plain index.',
      },
    ]
  },
}

const treeOf = (folder: string): Promise<string> => gitIn(folder, ['rev-parse', 'HEAD^{tree}'])

async function commitMany(folder: string, count: number, who: string): Promise<string> {
  for (let index = 0; index < count; index++) {
    const file = `source/${index}/${who}-${index}.txt`
    await writeFile(join(folder, file), `${who} ${index}\n`)
    await gitIn(folder, ['add', file])
    await gitIn(folder, ['commit', '--quiet', '--message', `${who} ${index}`])
  }
  return await gitIn(folder, ['rev-parse', 'HEAD'])
}
