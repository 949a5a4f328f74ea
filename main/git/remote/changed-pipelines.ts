import { gitText, utf8, zeroSeparated } from '../process/git.ts'

/** What a forge or a service beside it runs by itself, with its own secrets, as soon as a branch comes to it. */
const pipelines = [
  ...['.github', '.gitlab', '.gitea', '.forgejo', '.circleci', '.buildkite', '.woodpecker', '.semaphore'],
  ...['.gitlab-ci.yml', '.woodpecker.yml', '.woodpecker.yaml', '.drone.yml', '.travis.yml', '.cirrus.yml'],
  ...['azure-pipelines.yml', 'appveyor.yml', '.appveyor.yml', 'bitbucket-pipelines.yml', 'Jenkinsfile'],
]

const mostNamed = 20

/** Of what a forge runs by itself, the paths that differ between two commits; the first ones of many. */
export async function changedPipelines(
  repoPath: string,
  { from, to }: { readonly from: string; readonly to: string },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const paths = pipelines.map((path) => `:(top,icase)${path}`)
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to, '--', ...paths]
  const changed = zeroSeparated(await gitText(args, { cwd: repoPath, trust: 'user' }, signal))
  return changed.slice(0, mostNamed).map(utf8)
}
