import { type Failure, toFailure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import { isShortage } from '../../lib/shortage.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { salvageWork } from '../run/ask-worker.ts'
import { countedTry } from '../run/counted-try.ts'

/** Clean-up has a clock of its own: the task's signals may have fired already. */
const salvageTimeoutMs = 10 * 60_000

/** Brings the work to its ref and on record. @throws where the host is short of room. */
export async function salvageTask(
  record: TaskRecord,
  options: { /** Also where it was set aside. */ readonly uncounted?: boolean } = {},
): Promise<SalvagedWork | Failure> {
  const { task, files } = record
  const { startCommit, repoPath, repository, id: taskId } = task
  if (startCommit === null) return { code: 'interrupted', message: 'The task ended before its clone was complete' }
  const commonDirectory = repository?.commonDirectory
  const place = { repoPath, commonDirectory, workspace: files.repo, stateDirectory: files.workFolder }
  const source = { ...place, taskId, startCommit }
  try {
    return await record.patiently('the work', () =>
      countedTry(
        files.folder,
        async (attempt) => {
          const work = await salvageWork(source, AbortSignal.timeout(salvageTimeoutMs), attempt)
          await record.add({ type: 'salvaged', work })
          return work
        },
        options,
      ),
    )
  } catch (error) {
    if (isShortage(error)) throw error // We end while it lasts: the next start salvages it.
    const failure = toFailure(error, 'salvage-failed')
    return failure.code === 'repository-invalid' ? repositoryGone(failure, files) : notSaved(failure, files)
  }
}

const notSaved = ({ code, message, hint = '' }: Failure, { repo, id }: TaskRecord['files']): Failure => ({
  ...{ code, message },
  hint: `${hint && `${hint}. `}The work is in ${repo}; to try once more: microvm-orchestrator merge ${id}`,
})

/** The clone is all that is left of the work, and stays. */
const repositoryGone = ({ code, message }: Failure, { repo, id }: TaskRecord['files']): Failure => ({
  code,
  message: `${message}. The work of the task is kept in ${repo}`,
  hint: `Put the repository back, or register it where it is now (microvm-orchestrator allow PATH), then: microvm-orchestrator merge ${id}`,
})
