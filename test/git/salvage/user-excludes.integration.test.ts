import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { runAgent } from '../../support/claude/agent-script.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const patterns = '*.secret\nscratch/\n'

/** Where a user says what is ignored everywhere, without saying so in a repository's files. */
const places: readonly (readonly [where: string, say: (folder: string, repo: string) => Promise<void>])[] = [
  [
    'git’s own file for it',
    async (folder) => {
      await writeFiles(folder, { 'config/git/ignore': patterns })
      vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'))
    },
  ],
  [
    'the file that the configuration names',
    async (folder, repo) => {
      await writeFiles(folder, { mine: patterns })
      await gitIn(repo, ['config', 'core.excludesFile', join(folder, 'mine')])
    },
  ],
  [
    'the repository’s own exclude file',
    async (_folder, repo) => await writeFiles(repo, { '.git/info/exclude': patterns }),
  ],
]

test.each(places)(
  'what a user ignores by %s is new to nobody: the agent does not see it, and no commit of ours holds it unless its own did',
  async (_where, say) => {
    const folder = await temporaryFolder()
    const repo = join(folder, 'project')
    await makeRepository(repo, { files: { '.gitignore': '!shared.secret\n', 'tracked.secret': '1\n' } })
    try {
      await say(folder, repo)
      const task = await startTask(repo, folder)
      const seen = await runAgent(
        task.workspace,
        `mkdir scratch; touch a.secret scratch/b shared.secret kept; echo 2 >tracked.secret; git status --porcelain -uall
         touch forced.secret; git add -f forced.secret; git commit -qm Forced`,
      )
      expect(seen.split('\n').filter(Boolean)).toEqual([' M tracked.secret', '?? kept', '?? shared.secret'])
      const work = await task.salvage()
      expect(work.filesChanged).toEqual(['forced.secret', 'kept', 'shared.secret', 'tracked.secret'])
      expect(work).toMatchObject({ commits: 1, wip: true, also: [] })
    } finally {
      vi.unstubAllEnvs()
    }
  },
)
