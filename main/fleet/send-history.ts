import { AppError } from '../core/failure.ts'
import { gitText } from '../git/process/git.ts'
import { streamGit } from '../git/process/stream-git.ts'

/** Sends the history of a commit, without what the other side has of it. @returns how many bytes it took. */
export async function sendHistory(
  {
    repoPath,
    startCommit,
    has,
  }: { readonly repoPath: string; readonly startCommit: string; readonly has: readonly string[] },
  write: (bytes: Buffer) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  if (has.includes(startCommit)) return 0
  const known = await commitsHere(repoPath, has, signal)
  const input = [startCommit, ...known.map((id) => `^${id}`)].map((line) => `${line}\n`).join('')
  const args = ['pack-objects', '--revs', '--stdout', '--quiet', '--thin', '--delta-base-offset']
  await using packed = streamGit(args, { cwd: repoPath, trust: 'user', input }, signal)
  let bytes = 0
  for await (const chunk of packed.stdout as AsyncIterable<Buffer>) {
    bytes += chunk.length
    await write(chunk)
  }
  try {
    await packed.succeeded()
  } catch (cause) {
    throw new AppError('clone-failed', `The history of ${repoPath} could not be read`, {
      hint: `See whether the repository is sound: git -C ${repoPath} fsck`,
      cause,
    })
  }
  return bytes
}

/** Those of the ids that are commits of this repository: the other side may name any. */
async function commitsHere(repoPath: string, ids: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const input = ids.map((id) => `${id}\n`).join('')
  const checked = await gitText(
    ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    {
      ...{ cwd: repoPath, trust: 'user', input },
    },
    signal,
  )
  return checked.split('\n').flatMap((line) => {
    const [id = '', kind] = line.split(' ')
    return kind === 'commit' ? [id] : []
  })
}
