import { type AlsoKept, alsoPrefix, taskRef, wipSubject } from '../../core/merge/merge.ts'
import type { Imported } from '../import/import-tips.ts'
import { type GitOptions, gitQuickly, gitText } from '../process/git.ts'
import type { Beside } from '../salvage/gather-also.ts'

/** What an earlier salvage of the same task left in the user's repository: it was parked meanwhile, or the host had a crash. */
export interface EarlierRefs {
  readonly taskId: string
  /** At `refs/tasks/ID`. */
  readonly line: string | undefined
  readonly also: readonly AlsoKept[]
}

export async function earlierRefs(repository: string, taskId: string, signal?: AbortSignal): Promise<EarlierRefs> {
  const user: GitOptions = { cwd: repository, trust: 'user' }
  const format = '--format=%(refname) %(objectname) %(*objectname)'
  const listed = await gitText(['for-each-ref', format, taskRef(taskId), alsoPrefix(taskId)], user, signal)
  const refs = listed.split('\n').map((line) => line.split(' '))
  return {
    taskId,
    line: refs.find(([ref]) => ref === taskRef(taskId))?.[1],
    also: refs
      .filter(([ref]) => ref?.startsWith(alsoPrefix(taskId)))
      .map(([ref = '', id = '', peeled]) => ({ ref, commit: peeled || id, from: 'an earlier run of the task' })),
  }
}

/** The earlier line, where the clone holds it no more. What we had saved of files is left: the agent has gone on with them since. */
export async function earlierWork(
  { line, taskId }: EarlierRefs,
  {
    imported,
    startCommit,
    repository,
  }: { readonly imported: Imported; readonly startCommit: string; readonly repository: string },
  signal?: AbortSignal,
): Promise<readonly Beside[]> {
  const { graph } = imported
  if (line === undefined || line === startCommit || graph.has(line)) return []
  const user: GitOptions = { cwd: repository, trust: 'user' }
  const shown = await gitQuickly(['show', '-s', '--format=%P%x00%s', line], user, signal)
  const [parents = '', subject = ''] = shown.stdout.trimEnd().split('\0')
  const isOurs = subject === wipSubject(taskId)
  const commit = isOurs ? parents : line
  if (commit === startCommit || graph.has(commit)) return []
  return [{ id: commit, commit, from: 'an earlier run of the task' }]
}
