import { taskWithCommit } from './git-tasks.ts'
import { gitIn, makeRepository, statusOf } from './repositories.ts'

/** `REPOSITORY FOLDER`: merges a file that is small in git and too large for the repository's disk, and prints what came of it. */
const [repo = '', folder = ''] = process.argv.slice(2)
const start = await makeRepository(repo, { files: { f1: '1\n', f2: '2\n' } })
const task = await taskWithCommit(repo, folder, { a: '1\n', big: 'y\n'.repeat(4_500_000), f1: 'new\n', f2: 'new\n' })
const outcome = await task.merge()
console.log(
  JSON.stringify({
    outcome,
    status: await statusOf(repo),
    moved: (await gitIn(repo, ['rev-parse', 'main'])) !== start,
  }),
)
