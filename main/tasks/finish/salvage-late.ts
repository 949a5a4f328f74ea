import { AppError, errorOf } from '../../core/failure.ts'
import { startOver } from '../../core/task/start-over.ts'
import type { Task } from '../../core/task/task.ts'
import { commonDirectoryOf } from '../../git/repository/common-directory.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'
import { pathExists } from '../../lib/files/look.ts'
import { wholeWork } from '../record/brought-work.ts'
import { placeOfRefs } from '../record/place-of-refs.ts'
import { filesOf } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import type { ToldWork } from '../record/told-work-schema.ts'
import type { Places } from '../run/task-run.ts'
import { salvageTask } from './salvage-task.ts'

/**
 * What is done about work that was not saved at the end of its task: it is saved where only the repository was missing; where its salvage
 * may be tried as often as at that end, `if-possible` or else the reason is thrown; `uncounted`, since a person asks, also where it was set aside; `with-rest` is the
 * same, after the place where a task ran was asked for what did not come home.
 */
export type LateSalvage = 'when-repository-is-back' | 'if-possible' | 'counted' | 'uncounted' | 'with-rest'

export interface LateSalvageOptions {
  readonly places: Pick<Places, 'bringRest'> | undefined
  readonly onChange: (task: Task) => void
}

/**
 * The task with its work saved, where that could not be done at its end; any other task as it is.
 * @throws AppError why it cannot be saved now either, where the wish is for that.
 */
export async function salvagedLate(
  task: Task,
  wish: LateSalvage,
  { places, onChange }: LateSalvageOptions,
): Promise<Task> {
  const { state, work, startCommit, repoPath } = task
  if (state.phase !== 'finished' || startCommit === null) return task
  const uncounted = wish === 'uncounted' || wish === 'with-rest'
  const isAsked = uncounted || wish === 'counted'
  if (wish === 'with-rest' && places && (await isElsewhere(task))) return await withRest(task, places, onChange)
  if (work !== null) return task
  const failure = state.outcome.kind === 'failed' ? state.outcome.failure : null
  if (wish === 'when-repository-is-back' && failure?.code !== 'repository-invalid') return task
  if (
    (await commonDirectoryOf(repoPath)) === undefined ||
    !(await pathExists(task.place ? filesOf(task).broughtWork : filesOf(task).repo))
  )
    return task
  await using record = await TaskRecord.open(task, { onChange })
  const salvaged = await salvageTask(record, { uncounted })
  if ('code' in salvaged && isAsked) throw errorOf(salvaged)
  return record.task
}

/** Whether its place may have more of its work than came home, or was not told that it came. Where somebody has moved the ref, that is what counts. */
async function isElsewhere(task: Task): Promise<boolean> {
  const { id, place, exit, work, merge } = task
  if (!place || exit === null || merge?.kind === 'merged' || (await wholeWork(filesOf(task)))) return false
  if (work === null || work.ref === null) return true
  const refs = await placeOfRefs(task)
  const at = refs === null ? null : await readTaskRef(refs, id)
  return at === null || at === work.commit
}

async function withRest(
  task: Task,
  places: Pick<Places, 'bringRest'>,
  onChange: LateSalvageOptions['onChange'],
): Promise<Task> {
  const { id, place, work } = task
  await using record = await TaskRecord.open(task, { onChange })
  const signal = AbortSignal.timeout(bringMs)
  const had = await places
    .bringRest(task, (saved, pack) => keepRest(record, saved, pack), signal)
    .catch((error: unknown) => {
      if (work === null || !(error instanceof AppError)) throw error
      throw new AppError(error.code, `Not all work of task ${id} has come home: ${error.message}`, {
        hint: `Try again later; what came can be merged without the rest: microvm-orchestrator review ${id}`,
      })
    })
  if (!had && work === null)
    throw new AppError('merge-failed', `The place ${place?.name} has nothing of task ${id} any more`, {
      hint: startOver(task),
    })
  return record.task
}

async function keepRest(record: TaskRecord, saved: ToldWork, pack: string): Promise<void> {
  const { id, work, startCommit } = record.task
  // A server that died in the middle had it already.
  if (work && !work.unsaved && work.commit === saved.commit) return
  if (work && (!work.unsaved || (work.ref !== null && saved.commit === startCommit)))
    throw new AppError('salvage-failed', `What the place says of task ${id} is less than what came before`)
  const salvaged = await salvageTask(record, { uncounted: true, rest: { saved, pack } })
  if ('code' in salvaged) throw errorOf(salvaged)
}

/** A guest that is still at work there is stopped, and its work saved, before any comes. */
const bringMs = 45 * 60_000
