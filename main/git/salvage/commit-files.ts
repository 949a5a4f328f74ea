import { wipSubject } from '../../core/merge/merge.ts'
import { type GitOptions, gitText } from '../process/git.ts'

/** A commit of files that the agent had not committed, on the commit that they differ from; null where they do not differ. */
export async function commitFiles(
  {
    tree,
    base,
    taskId,
    of,
    isOld,
  }: {
    readonly tree: string
    readonly base: string
    readonly taskId: string
    /** Of which work tree, when it is not the clone itself. */
    readonly of: string | null
    /** Dated like its base, so that the same files give the same commit each time that they are saved. */
    readonly isOld: boolean
  },
  inReceiver: GitOptions,
  signal?: AbortSignal,
): Promise<string | null> {
  const [treeOfBase, date] = (await gitText(['show', '-s', '--format=%T %ct', base], inReceiver, signal)).split(' ')
  if (tree === treeOfBase) return null
  const name = `Claude Task (${taskId})`
  const email = `task-${taskId}@microvm-orchestrator.invalid`
  const env = {
    ...inReceiver.env,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    ...(isOld && { GIT_AUTHOR_DATE: `${date} +0000`, GIT_COMMITTER_DATE: `${date} +0000` }),
  }
  const input = `${wipSubject(taskId)}${of === null ? '' : `, ${of}`}\n`
  return await gitText(['commit-tree', tree, '-p', base], { ...inReceiver, env, input }, signal)
}
