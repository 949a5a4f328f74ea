import { readFile } from 'node:fs/promises'
import { type Failure, toFailure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import { seatOf } from '../../core/task/task-place.ts'
import { isShortage } from '../../lib/shortage.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { type BroughtWork, broughtWorkSchema, type ToldWork } from '../record/told-work-schema.ts'
import { importWork, salvageWork } from '../run/ask-worker.ts'
import { countedTry } from '../run/counted-try.ts'

/** Clean-up has a clock of its own: the task's signals may have fired already. */
const salvageTimeoutMs = 10 * 60_000

/** Brings the work to its ref and on record. @throws where the host is short of room. */
export async function salvageTask(
  record: TaskRecord,
  options: {
    /** Also where it was set aside. */
    readonly uncounted?: boolean
    /** What has come from the place of the task since it ended, and the pack that it came in. */
    readonly rest?: { readonly saved: ToldWork; readonly pack: string }
  } = {},
): Promise<SalvagedWork | Failure> {
  const { task, files } = record
  const { startCommit, repoPath, repository, id: taskId } = task
  if (startCommit === null) return { code: 'interrupted', message: 'The task ended before its clone was complete' }
  const commonDirectory = repository?.commonDirectory
  const place = { repoPath, commonDirectory, stateDirectory: files.workFolder, taskId, startCommit }
  const { rest } = options
  const brought = rest ?? (task.place && (await readBrought(files)))
  if (brought && 'lost' in brought) return keptAtPlace(brought.lost, task)
  const salvage = (signal: AbortSignal, attempt: string) =>
    brought
      ? importWork(
          { ...place, pack: rest?.pack ?? files.broughtPack, told: saidOf(brought.saved, task) },
          signal,
          attempt,
        )
      : salvageWork({ ...place, workspace: files.repo, clonedIndex: files.clonedIndex }, signal, attempt)
  try {
    return await record.patiently('the work', () =>
      countedTry(
        files.folder,
        async (attempt) => {
          const work = await salvage(AbortSignal.timeout(salvageTimeoutMs), attempt)
          await record.add({ type: 'salvaged', work })
          return work
        },
        options,
      ),
    )
  } catch (error) {
    if (isShortage(error)) throw error // We end while it lasts: the next start salvages it.
    const failure = toFailure(error, 'salvage-failed')
    if (task.place) return failure // It says where it is kept.
    return failure.code === 'repository-invalid' ? repositoryGone(failure, files) : notSaved(failure, files)
  }
}

/** What its place said of its work; that it never said anything is a loss too. */
async function readBrought({ broughtWork }: TaskRecord['files']): Promise<BroughtWork> {
  try {
    return broughtWorkSchema.parse(JSON.parse(await readFile(broughtWork, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return {
      lost: { code: 'interrupted', message: 'Nothing of its work came from its place' },
    }
  }
}

/** Of work that is not all of it, where the rest is. */
const saidOf = (saved: ToldWork, { place, node }: Task): ToldWork =>
  saved.unsaved && place
    ? { ...saved, notes: [`What did not come home is kept in ${seatOf(place, node)}`, ...saved.notes] }
    : saved

/** The seat keeps the clone where its work was not saved. A repository that is not in order there says nothing of the user's. */
export const keptAtPlace = ({ code, message }: Failure, { id, place, node }: Task): Failure => ({
  ...{ code: code === 'repository-invalid' ? 'salvage-failed' : code, message },
  ...(place && {
    hint: `What there is of its work is kept in ${seatOf(place, node)}; to try once more: microvm-orchestrator merge ${id}`,
  }),
})

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
